"""Equations of Office files (OMML) as linear text: `x = (-b ± √(b^2 - 4ac))/(2a)`."""

from __future__ import annotations

import re
from typing import Any

MATH = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_WHOLE = re.compile(r"|\d[\d.]*|[^\W\d]|[^\W\d]{3,}|\([^()]*\)|√\([^()]*\)")


def linear(element: Any) -> str:
    """An `oMath`, or any part of one, as text."""
    name = element.tag[len(MATH) :] if isinstance(element.tag, str) and element.tag.startswith(MATH) else ""
    made = _STRUCTURES.get(name)
    if made:
        return made(element)
    if name == "t":
        return element.text or ""
    return "" if name.endswith("Pr") or name == "ctrlPr" else "".join(map(linear, element))


def _part(element: Any, name: str) -> str:
    found = element.find(MATH + name)
    return linear(found).strip() if found is not None else ""


def _whole(text: str) -> str:
    """In brackets, if it would fall apart without."""
    return text if _WHOLE.fullmatch(text) else f"({text})"


def _told(element: Any, name: str, default: str) -> str:
    """A property, such as the sign of a sum."""
    found = element.find(f"{MATH}{element.tag[len(MATH) :]}Pr/{MATH}{name}")
    return found.get(MATH + "val", "") if found is not None else default


def _scripts(element: Any) -> str:
    low, high = _part(element, "sub"), _part(element, "sup")
    return (f"_{_whole(low)}" if low else "") + (f"^{_whole(high)}" if high else "")


def _fraction(element: Any) -> str:
    return f"{_whole(_part(element, 'num'))}/{_whole(_part(element, 'den'))}"


def _scripted(element: Any) -> str:
    return _whole(_part(element, "e")) + _scripts(element)


def _before(element: Any) -> str:
    return _scripts(element) + _whole(_part(element, "e"))


def _root(element: Any) -> str:
    degree = _part(element, "deg")
    return f"√{f'[{degree}]' if degree else ''}({_part(element, 'e')})"


def _sum(element: Any) -> str:
    return f"{_told(element, 'chr', '∫')}{_scripts(element)} {_part(element, 'e')}"


def _brackets(element: Any) -> str:
    separator = _told(element, "sepChr", "|")
    inner = separator.join(linear(part).strip() for part in element.findall(MATH + "e"))
    return _told(element, "begChr", "(") + inner + _told(element, "endChr", ")")


def _function(element: Any) -> str:
    return f"{_part(element, 'fName')} {_part(element, 'e')}"


def _limit(element: Any) -> str:
    return f"{_part(element, 'e')}_({_part(element, 'lim')})"


def _matrix(element: Any) -> str:
    rows = (", ".join(map(linear, row.findall(MATH + "e"))) for row in element.findall(MATH + "mr"))
    return f"[{'; '.join(rows)}]"


def _lines(element: Any) -> str:
    return "; ".join(linear(part).strip() for part in element.findall(MATH + "e"))


_STRUCTURES = {
    "f": _fraction,
    "sSup": _scripted,
    "sSub": _scripted,
    "sSubSup": _scripted,
    "sPre": _before,
    "rad": _root,
    "nary": _sum,
    "d": _brackets,
    "func": _function,
    "limLow": _limit,
    "limUpp": _limit,
    "m": _matrix,
    "eqArr": _lines,
}
