"""What a page's own style sheets don't display."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from selectolax.lexbor import LexborHTMLParser, LexborNode

_COMMENT = re.compile(r"/\*.*?(?:\*/|$)|<!--|-->", re.DOTALL)
_BORDER = re.compile("[{};]")
_DISPLAY = re.compile(r"(?:^|[;\s])display\s*:\s*([a-z-]+)", re.IGNORECASE)
_NEVER = frozenset(("html", "head", "body", "main", "style", "script", "title"))
_MOST = 500
"""Rules that are looked at."""


def hide_undisplayed(tree: LexborHTMLParser) -> None:
    """Mark as `hidden` each element that a rule does not display and no other one does.

    None where that is most of what the page says: a script will display it.
    """
    rules = [
        (selector, display[-1].lower() == "none")
        for sheet in tree.css("style")
        for selector, declarations in _rules(_COMMENT.sub("", sheet.text(deep=True)))
        if (display := _DISPLAY.findall(declarations))
    ][:_MOST]
    hidden: dict[int, LexborNode] = {}
    if any(hides for _, hides in rules):
        for selector, hides in rules:
            for node in _found(tree, selector):
                if hides and node.tag not in _NEVER:
                    hidden[node.mem_id] = node
        for selector, hides in rules:
            for node in () if hides else _found(tree, selector):
                hidden.pop(node.mem_id, None)
    said = len(tree.body.text(deep=True)) if tree.body is not None else 0
    if sum(len(node.text(deep=True)) for node in hidden.values()) > 0.6 * said:
        return
    for node in hidden.values():
        node.attrs["hidden"] = ""  # pyright: ignore[reportIndexIssue]


def _rules(sheet: str) -> Iterator[tuple[str, str]]:
    """Selector and declarations of the rules that always hold: of none for some screens or for print (`@media`)."""
    inside: list[str] = []
    start = 0
    for border in _BORDER.finditer(sheet):
        text = sheet[start : border.start()]
        if border[0] == "{":
            inside.append(text.strip())
        elif border[0] == "}" and inside:
            if len(inside) == 1 and not inside[0].startswith("@"):
                yield inside[0], text
            inside.pop()
        elif inside:
            continue
        start = border.end()


def _found(tree: LexborHTMLParser, selector: str) -> list[LexborNode]:
    from selectolax.lexbor import SelectolaxError

    try:
        return tree.css(selector)
    except SelectolaxError:  # one that Lexbor doesn't know
        return []
