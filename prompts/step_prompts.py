"""The prompts of a strategy's helper calls (a query rewrite, a judgement): templates like all others, in `steps`."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from cairn.prompts.template import Template, parse_template

STEPS = Path(__file__).parent / "steps"


@cache
def step(name: str) -> Template:
    return parse_template((STEPS / f"{name}.md").read_text("utf-8"), f"steps/{name}")


@cache
def all_steps() -> tuple[Template, ...]:
    """Every one of them."""
    return tuple(step(path.stem) for path in sorted(STEPS.glob("*.md")))
