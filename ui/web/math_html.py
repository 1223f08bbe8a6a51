"""LaTeX as MathML that browsers draw by themselves: only elements and attributes that are named here get through."""

from __future__ import annotations

import re
from functools import lru_cache
from html import escape, unescape
from xml.etree.ElementTree import Element

from latex2mathml.converter import convert_to_element

_LONGEST = 4000
_DEEPEST = 60
_ELEMENT = re.compile(
    "math|mrow|mi|mn|mo|ms|mtext|mspace|msup|msub|msubsup|munder|mover|munderover|mfrac|msqrt|mroot|mstyle|mpadded|"
    "mphantom|menclose|mtable|mtr|mtd|mlabeledtr|mmultiscripts|mprescripts|none"
)
_ATTRIBUTE = re.compile(
    "display|displaystyle|mathvariant|stretchy|fence|separator|form|accent|accentunder|movablelimits|largeop|symmetric|"
    "minsize|maxsize|lspace|rspace|width|height|depth|linethickness|notation|columnalign|rowalign|columnspacing|"
    "rowspacing|columnlines|rowlines|frame|scriptlevel"
)
_VALUE = re.compile(r"[\w .%+-]{1,40}")


@lru_cache(maxsize=500)
def mathml(latex: str, display: bool) -> str:
    """A formula; as it was written, where it can't be read."""
    shape = "block" if display else "inline"
    try:
        if len(latex) > _LONGEST:
            raise ValueError("too long to be a formula")
        drawn = _written(convert_to_element(latex, display=shape), _DEEPEST)
    except Exception:  # whatever its parser raises: the text is a model's
        return f'<code class="cairn-formula">{escape(latex)}</code>'
    return f'<span class="cairn-math">{drawn}</span>' if display else drawn


def _written(element: Element, depth: int) -> str:
    """Its text holds signs as references, and anything else as it is."""
    if not depth:
        raise ValueError("too deep to be a formula")
    tag = element.tag if _ELEMENT.fullmatch(element.tag) else "mrow"
    held = [f' {name}="{value}"' for name, value in element.attrib.items() if _is_harmless(name, value)]
    inside = "".join(_written(child, depth - 1) for child in element)
    return f"<{tag}{''.join(held)}>{escape(unescape(element.text or ''))}{inside}</{tag}>"


def _is_harmless(name: str, value: str) -> bool:
    return bool(_ATTRIBUTE.fullmatch(name) and _VALUE.fullmatch(value))
