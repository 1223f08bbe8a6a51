"""What was found out about a model at its address, kept in the home for the next time."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any
from uuid import uuid4

FILE = "models.json"


@dataclass
class ModelFacts:
    """One for all copies of a model. None is not known.

    `tools`: whether tools reach the model. `thinks`: whether it thinks before it answers. `window`: tokens that the
    server says it takes. In this process `answered`: a call got through; `probed`: tools were looked for; `asked`: the
    server was asked for its window. Without a `file` nothing is kept.
    """

    tools: bool | None = None
    thinks: bool | None = None
    window: int | None = None
    answered: bool = field(default=False, compare=False)
    probed: bool = field(default=False, compare=False)
    asked: bool = field(default=False, compare=False)
    file: Path | None = field(default=None, compare=False)
    key: str = field(default="", compare=False)

    def learn(self, **facts: Any) -> None:
        """Keep what is new; a home that can't be written only means that it is found out again."""
        if all(getattr(self, name) == value for name, value in facts.items()):
            return
        for name, value in facts.items():
            setattr(self, name, value)
        if self.file is None or not self.file.parent.is_dir():
            return
        kept = {name: value for name, value in asdict(self).items() if name in _KEPT and value is not None}
        with suppress(OSError):
            _write(self.file, {**_read(self.file), self.key: kept})


_KEPT = {name.name for name in fields(ModelFacts) if name.compare}


def model_facts(home: Path, model: str, address: str | None) -> ModelFacts:
    """What is known of a model at an address (None: its provider's own)."""
    key = f"{model} at {address}" if address else model
    known = _read(home / FILE).get(key)
    facts = ModelFacts(file=home / FILE, key=key)
    if isinstance(known, Mapping):
        for name in _KEPT & known.keys():
            if isinstance(known[name], int):  # a bool is one
                setattr(facts, name, known[name])
    return facts


def _read(file: Path) -> dict[str, Any]:
    try:
        found = json.loads(file.read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _write(file: Path, facts: Mapping[str, Any]) -> None:
    """Whole or not at all: another process may read it now."""
    part = file.with_suffix(f".{uuid4().hex}")
    part.write_text(json.dumps(facts, ensure_ascii=False, indent=1), encoding="utf-8")
    part.replace(file)
