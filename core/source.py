"""A found passage as events and answers carry it."""

from __future__ import annotations

import re
from typing import NotRequired

from typing_extensions import TypedDict


class Place(TypedDict):
    """Where a passage stands. `start` and `end` are characters in the document's text."""

    source: str
    title: str | None
    page: int | None
    heading: str | None
    start: int | None
    end: int | None


class Source(Place):
    """A found passage as events and answers carry it. `start` and `end` are characters in the document's text.

    `notices`: what of the document could not be read, or was guessed; runs of older versions have none.
    """

    quote: str
    notices: NotRequired[list[str]]


def document_name(source: str) -> str:
    """What models and people are told a document is called: its file's name, a page's address; never where it lies."""
    return source if "://" in source else re.split(r"[/\\]", source)[-1]
