"""What every report's page shares: one HTML file that opens from the disk, and needs nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

_STYLE = """
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif; }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; margin: 1rem 0; }
th, td { text-align: left; padding: .3rem .6rem; border-bottom: 1px solid #8884; vertical-align: top; }
td.number { text-align: right; font-variant-numeric: tabular-nums; }
details { border: 1px solid #8884; border-radius: 6px; margin: .4rem 0; padding: .3rem .6rem; }
summary { cursor: pointer; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; margin: .3rem 0; }
.kept { color: #0f766e; font-weight: 600; }
.muted { opacity: .7; }
"""


def html_page(title: str, parts: Iterable[str]) -> str:
    """The page; `parts` are HTML already."""
    body = "\n".join([f"<h1>{escape(title)}</h1>", *parts])
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<style>{_STYLE}</style></head><body>\n{body}\n</body></html>\n"
    )


def html_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Cells are HTML already."""
    first = "".join(f"<th>{name}</th>" for name in head)
    lines = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table><tr>{first}</tr>{lines}</table>"


def folded(summary: str, inside: str) -> str:
    """Shown when it is clicked; both are HTML already. Nothing where nothing is inside."""
    return f"<details><summary>{summary}</summary>{inside}</details>" if inside else ""


def html_sources(sources: Iterable[Mapping[str, Any]]) -> str:
    """The passages of an answer, as far as they were written down."""
    items = "".join(f"<li>{escape(one['source'])}<pre>{escape(one['quote'])}</pre></li>" for one in sources)
    return f"<ol>{items}</ol>" if items else ""


def html_steps(steps: Iterable[Mapping[str, Any]]) -> str:
    """The calls of tools on the way, with what came back where that was written down."""
    items = "".join(
        f"<li>{escape(one['tool'])} {escape(str(one['arguments']))}"
        f"<pre>{escape(str(one.get('result') or one.get('error') or ''))}</pre></li>"
        for one in steps
    )
    return f"<ol>{items}</ol>" if items else ""
