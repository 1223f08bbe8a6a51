"""What stands over a PDF's pages and paragraphs: headings by their size, headers and footers that repeat."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from statistics import median

from cairn.retrieval.load.pdf_layout import Line

_LARGER = 1.15
"""Times the size of the text: a heading."""
_LEVELS = 4
_LONGEST = 150
_MARGIN = 0.15
"""Of a page's height, above and below: where headers and footers stand."""
_NUMBERED = "#"
_PAGE = re.compile(
    r"[\W_]*(?:page|p\.|seite|第)?\s*\d+\s*(?:(?:of|/|von|de|页|頁|，?共|,)\s*\d*\s*页?)?[\W_]*", re.IGNORECASE
)


def heading_levels(pages: Sequence[Sequence[Line]]) -> dict[float, int]:
    """The level of each size that headings have; none where sizes tell nothing."""
    letters: Counter[float] = Counter()
    for page in pages:
        for line in page:
            letters[_size(line)] += len(line.text)
    del letters[0]
    if not letters:
        return {}
    body = letters.most_common(1)[0][0]
    larger = sorted((size for size in letters if size >= _LARGER * body), reverse=True)[:_LEVELS]
    share = sum(letters[size] for size in larger) / letters.total()
    return {size: level for level, size in enumerate(larger, 1)} if share < 0.25 else {}


def heading_level(line: Line, levels: dict[float, int]) -> int:
    """0 for what is no heading: a figure that is printed large, a sentence."""
    text = line.text
    if line.is_row or len(text) > _LONGEST or text.endswith((".", ",", ";", "。")) or sum(map(str.isalpha, text)) < 2:
        return 0
    return levels.get(_size(line), 0)


def _size(line: Line) -> float:
    return 0 if line.is_row else round(line.size * 2) / 2


def without_repeats(pages: Sequence[list[Line]], heights: Sequence[float]) -> list[list[Line]]:
    """Headers and footers are left on the first page that has them; page numbers go."""
    if len(pages) < 2:
        return list(pages)
    outer = [_outer(page, number, heights[number - 1]) for number, page in enumerate(pages, 1)]
    counts = Counter(text for found in outer for text in set(found.values()))
    often = {text for text, count in counts.items() if count >= max(2, 0.4 * len(pages))}
    seen: set[str] = set()
    kept: list[list[Line]] = []
    for page, found in zip(pages, outer, strict=True):
        gone = {at for at, text in found.items() if text in often and (text in seen or text == _NUMBERED)}
        seen.update(found.values())
        kept.append([line for at, line in enumerate(page) if at not in gone])
    return kept


def _outer(page: Sequence[Line], number: int, height: float) -> dict[int, str]:
    """The two lines nearest to the upper and the lower edge, without the page's number; not a heading's: `Step 2`."""
    placed = sorted((line.top, at) for at, line in enumerate(page) if line.size and not line.is_row)
    low = [at for top, at in placed[:2] if top < _MARGIN * height]
    high = [at for top, at in placed[-2:] if top > (1 - _MARGIN) * height]
    usual = median(line.size for line in page) if page else 0
    found = {at: page[at].text for at in {*low, *high}}
    return {
        at: _NUMBERED
        if _PAGE.fullmatch(text)
        else re.sub(rf"\b{number}\b", _NUMBERED, text, count=1)
        if page[at].size <= _LARGER * usual
        else text
        for at, text in found.items()
    }
