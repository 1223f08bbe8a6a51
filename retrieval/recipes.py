"""How a document was made, as the catalog remembers it: `3/2-240-30`, `3+cp1251/2-240-30`, `3+whole/2-240-30`."""

from __future__ import annotations

from cairn.retrieval.load import ReadAs
from cairn.retrieval.splitting import OVERLAP, SIZE, splitting

LOADING = "3"
"""Names how files become documents; another one makes `add` load them again."""
_WHOLE = "whole"


def recipe(size: int = SIZE, overlap: int = OVERLAP, loaded: str = LOADING) -> str:
    return f"{loaded}/{splitting(size, overlap)}"


def loading(read_as: ReadAs) -> str:
    return "+".join(filter(None, (LOADING, read_as.encoding, _WHOLE if read_as.whole_page else "")))


def read_as_of(recipe: str) -> ReadAs:
    """What the user once said of a document."""
    _, *said = recipe.partition("/")[0].split("+")
    return ReadAs(next((word for word in said if word != _WHOLE), None), _WHOLE in said)
