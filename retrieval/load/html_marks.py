"""What a page's text means by its marks, written into the text before it is read; what is left out is told.

That is also what its own style sheets don't display.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from cairn.retrieval.load.math_notation import fraction, root, subscript, superscript
from cairn.retrieval.load.office_marks import HIDDEN, STRUCK

if TYPE_CHECKING:
    from selectolax.lexbor import LexborHTMLParser, LexborNode


_STYLED = re.compile(
    r"display:none|visibility:hidden|(?:^|;)(?:font-size|opacity|max-height):0(?:px|em|%|;|$)|"
    r"(?P<struck>text-decoration[a-z-]*:[^;]*line-through)",
    re.IGNORECASE,
)
_MENUS = ("nav", "menu", "dialog")
"""That these are left out is no loss."""
_WORD = re.compile(r"\w")
_NOTE = re.compile(r"\[?\(?([^\[\]()]*)\)?\]?")
_SPACED = frozenset("=+−-×÷±<>≤≥≠≈→∈,")
_Pairs = list[tuple[str, str]]
_COMMENT = re.compile(r"/\*.*?(?:\*/|$)|<!--|-->", re.DOTALL)
_BORDER = re.compile("[{};]")
_DISPLAY = re.compile(r"(?:^|[;\s])display\s*:\s*([a-z-]+)", re.IGNORECASE)
_NEVER = frozenset(("html", "head", "body", "main", "style", "script", "title"))
_MOST = 500
"""Rules that are looked at."""


def write_marks(tree: LexborHTMLParser) -> tuple[list[str], _Pairs]:
    """Change the tree so that its plain text says what it shows; notices, and the readings of words (ruby).

    Each pass goes backwards, so that what lies inside is done before what it lies in.
    """
    notices: list[str] = []
    if _removed(_backwards(tree, "s, strike, del")):
        notices.append(STRUCK)
    hide_undisplayed(tree)
    notices += _unstyled(tree)
    _removed(_backwards(tree, "[aria-hidden=true]"))
    readings = _readings(tree)
    for node in _backwards(tree, "math"):
        node.replace_with(f" {_linear(node)} ")
    for node in _backwards(tree, "script[type^='math/tex']"):
        node.replace_with(f" {node.text(deep=True)} ")
    _write_fractions(tree)
    for node in _backwards(tree, "sub"):
        node.replace_with(subscript(node.text(deep=True)))
    for node in _backwards(tree, "sup"):
        node.replace_with(_raised(node))
    if tree.root is not None:
        tree.root.merge_text_nodes()  # else 10 and ^6 are two words to whoever reads them one by one
    return notices, readings


def _backwards(tree: LexborHTMLParser, selector: str) -> Iterable[LexborNode]:
    return reversed(tree.css(selector))


def _removed(nodes: Iterable[LexborNode]) -> bool:
    """Whether there was a word in them."""
    words = False
    for node in nodes:
        words |= _WORD.search(node.text(deep=True)) is not None
        node.decompose()
    return words


def _unstyled(tree: LexborHTMLParser) -> Iterable[str]:
    struck, hidden = list[bool](), list[bool]()
    for node in _backwards(tree, "[hidden], [style]"):
        match = _STYLED.search(re.sub(r"\s+", "", node.attributes.get("style") or ""))
        if match or "hidden" in node.attributes:
            is_menu = node.tag in _MENUS
            words = _removed([node])
            (struck if match and match["struck"] else hidden).append(words and not is_menu)
    yield from [STRUCK] * any(struck) + [HIDDEN] * any(hidden)


def _readings(tree: LexborHTMLParser) -> _Pairs:
    """Each word of `ruby` with its reading, which goes out of the text."""
    found: _Pairs = []
    for node in tree.css("ruby"):
        reading = "".join(part.text(deep=True) for part in node.css("rt"))
        _removed(reversed(node.css("rt, rp, rtc")))
        found.append(("".join(node.text(deep=True).split()), "".join(reading.split())))
    return [pair for pair in dict.fromkeys(found) if all(pair)]


def _write_fractions(tree: LexborHTMLParser) -> None:
    """<sup>1</sup>/<sub>2</sub> is 1/2."""
    for node in _backwards(tree, "sup"):
        slash = node.next
        below = slash.next if slash is not None else None
        if slash is None or below is None or slash.tag != "-text" or below.tag != "sub":
            continue
        if (slash.text_content or "").strip() in ("/", "⁄"):
            blank = " " if _before(node)[-1:].isdigit() else ""
            words = blank + fraction(node.text(deep=True), below.text(deep=True))
            below.decompose()
            slash.decompose()
            node.replace_with(words)


def _raised(node: LexborNode) -> str:
    """A link to a note is no power."""
    words = node.text(deep=True)
    link = node.css_first("a[href^='#']") is not None
    parent = node.parent
    if link or (parent is not None and parent.tag == "a" and (parent.attributes.get("href") or "").startswith("#")):
        note = _NOTE.fullmatch(words.strip())
        return f"[{note[1]}]" if note and note[1].strip() else words
    return superscript(words, _before(node))


def _before(node: LexborNode) -> str:
    before = node.prev
    return before.text(deep=True) if before is not None else ""


def _linear(node: LexborNode) -> str:
    """MathML as one line; of a formula in several notations the first."""
    tag = node.tag or ""
    if tag == "-text":
        return " ".join((node.text_content or "").split())
    inner = [_linear(child) for child in _children(node)]
    if tag in _FORMS and len(inner) >= _FORMS[tag][0]:
        return _FORMS[tag][1](*inner[: _FORMS[tag][0]])
    if tag == "mo":
        sign = "".join(inner)
        return f" {sign} " if sign in _SPACED else sign
    if tag == "msqrt":
        return root("".join(inner))
    if tag in ("mtr", "mtable"):
        return (", " if tag == "mtr" else "; ").join(inner)
    if tag == "semantics":
        return inner[0] if inner else ""
    return "" if tag in ("annotation", "annotation-xml", "mphantom") else "".join(inner)


def _children(node: LexborNode) -> Iterable[LexborNode]:
    """Elements, or the text where there are none."""
    inner = list(node.iter(include_text=True))
    elements = [child for child in inner if child.tag != "-text"]
    return elements or inner


def _powered(base: str, above: str) -> str:
    return base + superscript(above)


def _indexed(base: str, below: str) -> str:
    return base + subscript(below)


def _both(base: str, below: str, above: str) -> str:
    return base + subscript(below) + superscript(above)


_FORMS: dict[str, tuple[int, Callable[..., str]]] = {
    "mfrac": (2, fraction),
    "msup": (2, _powered),
    "mover": (2, _powered),
    "msub": (2, _indexed),
    "munder": (2, _indexed),
    "msubsup": (3, _both),
    "munderover": (3, _both),
    "mroot": (2, root),
}
"""How many parts each has, and how they are written."""


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
