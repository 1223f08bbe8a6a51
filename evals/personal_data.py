"""Texts without what tells who somebody is, as far as its shape gives it away: e-mail addresses and telephone numbers.

Names, places and whatever else needs to be understood stay: nobody but a reader can find those.
"""

from __future__ import annotations

import re

_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+", re.ASCII)
_PHONE = re.compile(
    r"(?<![\w.,/-])(?:"
    r"\+\d{1,3}[ -]?(?:\(\d{1,4}\)[ -]?)?\d{1,4}(?:[ -]?\d{2,4}){2,4}"  # with the country's code
    r"|1[3-9]\d[ -]?\d{4}[ -]?\d{4}"  # a mobile number of China
    r"|0\d{2,3}-\d{7,8}"
    r"|\(?\d{3}\)?[ -]\d{3}-\d{4}"
    r"|0\d{3,4}[ -]\d{3}[ -]?\d{3,4}"
    r")(?![\w-]|[.,]\d)",
    re.ASCII,
)
_SHOWN = {"an e-mail address": "[e-mail]", "a telephone number": "[phone]"}
_KINDS = {"an e-mail address": _EMAIL, "a telephone number": _PHONE}


def personal_data_in(text: str) -> list[str]:
    """What of this kind a text has. Shapes only: it can be wrong either way."""
    return [kind for kind, pattern in _KINDS.items() if pattern.search(text)]


def without_personal_data(text: str) -> str:
    """The text with `[e-mail]` and `[phone]` in their places."""
    for kind, pattern in _KINDS.items():
        text = pattern.sub(_SHOWN[kind], text)
    return text
