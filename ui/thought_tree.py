"""A tree of thoughts as lines: each below its parent, with its value."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cairn.core.clean_text import clean
from cairn.core.events import ThoughtNode


def lines(nodes: Sequence[ThoughtNode]) -> str:
    """● for a thought that was gone on with, ○ for one that was not."""
    children: dict[int | None, list[ThoughtNode]] = {}
    for node in nodes:
        children.setdefault(node["parent"], []).append(node)
    return "\n".join(_below(None, children, ""))


def _below(parent: int | None, children: dict[int | None, list[ThoughtNode]], indent: str) -> Iterator[str]:
    for node in children.get(parent, ()):
        value = "" if node["value"] is None else f" ({node['value']:g})"
        yield f"{indent}{'●' if node['kept'] else '○'} {' '.join(clean(node['text']).split())}{value}"
        yield from _below(node["id"], children, indent + "  ")
