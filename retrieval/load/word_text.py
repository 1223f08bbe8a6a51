"""The words of a Word paragraph: what is hidden, struck out or deleted is left out, raised figures keep their mark."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from cairn.retrieval.load.equations import MATH, linear
from cairn.retrieval.load.office_marks import DELETED, HIDDEN, STRUCK, Mark, marked

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_BREAKS = {W + "tab": "\t", W + "br": "\n", W + "cr": "\n", W + "noBreakHyphen": "-"}
_DELETED = (W + "del", W + "moveFrom")
_NOT_READ = {_FALLBACK, W + "pPr", W + "rPr", W + "tcPr", W + "delText"}
_EQUATIONS = (MATH + "oMath", MATH + "oMathPara")
_POSITIONS: dict[str, Mark] = {"superscript": "raised", "subscript": "lowered"}


class _Look(NamedTuple):
    """Each None where nothing is said."""

    hidden: bool | None = None
    struck: bool | None = None
    position: str | None = None

    def over(self, other: _Look) -> _Look:
        return _Look(
            other.hidden if self.hidden is None else self.hidden,
            other.struck if self.struck is None else self.struck,
            self.position or other.position,
        )


_PLAIN = _Look()


class Words:
    """Reads text by the styles of its document; `notices` tells what was left out."""

    def __init__(self, styles: Any) -> None:
        self.notices: dict[str, None] = {}
        own = {style.get(W + "styleId"): style for style in styles.iterchildren(W + "style")}
        self._looks = {id: _styled(own, id) for id in own}

    def of(self, element: Any) -> str:
        return marked(self._pieces(element))

    def _pieces(self, element: Any) -> Iterator[tuple[str, Mark]]:
        waiting: list[tuple[Any, _Look]] = [(element, _PLAIN)]
        while waiting:
            at, look = waiting.pop()
            if at.tag == W + "t":
                yield at.text or "", _POSITIONS.get(look.position or "", "")
            elif at.tag in _BREAKS:
                yield _BREAKS[at.tag], ""
            elif at.tag in _EQUATIONS:
                yield linear(at), ""
            elif at.tag in _DELETED:
                self.notices[DELETED] = None
            elif at.tag not in _NOT_READ:
                if at.tag == W + "p" and at is not element:
                    yield " ", ""
                if at.tag in (W + "p", W + "r"):
                    look = self._look(at, look)
                if at.tag == W + "r" and (look.hidden or look.struck):
                    if any((text.text or "").strip() for text in at.iter(W + "t")):
                        self.notices[HIDDEN if look.hidden else STRUCK] = None
                    continue
                waiting.extend((child, look) for child in reversed(at))

    def _look(self, element: Any, outer: _Look) -> _Look:
        """Of a paragraph by its style, of a run by its own properties, its style, and the paragraph's."""
        kind = "p" if element.tag == W + "p" else "r"
        properties = element.find(f"{W}{kind}Pr")
        if properties is None:
            return outer
        style = properties.find(f"{W}{kind}Style")
        styled = self._looks.get(style.get(W + "val"), _PLAIN) if style is not None else _PLAIN
        own = _look_of(properties) if kind == "r" else _PLAIN
        return own.over(styled).over(outer)


def _styled(own: dict[str, Any], id: str | None) -> _Look:
    look = _PLAIN
    for _ in range(10):
        style = own.get(id) if id else None
        if style is None:
            break
        properties, base = style.find(W + "rPr"), style.find(W + "basedOn")
        look = look.over(_look_of(properties)) if properties is not None else look
        id = base.get(W + "val") if base is not None else None
    return look


def _look_of(properties: Any) -> _Look:
    position = properties.find(W + "vertAlign")
    strikes = [found for name in ("strike", "dstrike") if (found := is_on(properties, name)) is not None]
    return _Look(
        is_on(properties, "vanish"),
        any(strikes) if strikes else None,
        position.get(W + "val") if position is not None else None,
    )


def is_on(properties: Any, name: str) -> bool | None:
    found = properties.find(W + name)
    return found.get(W + "val", "1") not in ("0", "false", "off") if found is not None else None
