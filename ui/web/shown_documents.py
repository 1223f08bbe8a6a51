"""What the page calls documents: their names, never the places where they lie on this machine."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from cairn.retrieval.catalog_records import SourceInfo


def shown_names(sources: Sequence[SourceInfo]) -> dict[str, str]:
    """Of each source its name; of those alike as much of the folders as tells."""
    names = {source.source: _parts(source.source) for source in sources}
    found = {source: shown_name(source) for source in names}
    for depth in range(2, max(map(len, names.values()), default=1) + 1):
        alike = {name for name, count in Counter(found.values()).items() if count > 1}
        if not alike:
            break
        found = {source: "/".join(names[source][-depth:]) if name in alike else name for source, name in found.items()}
    return found


def shown_name(source: str) -> str:
    """The file's name, of a page its address."""
    return source if "://" in source else _parts(source)[-1]


def _parts(source: str) -> list[str]:
    return [part for part in re.split(r"[/\\]", source) if part]
