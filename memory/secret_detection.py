"""Texts that look as if they held a secret. They are not remembered, since facts are sent to model servers."""

from __future__ import annotations

import re
import unicodedata

_NAMED = re.compile(
    r"\b(?:pass(?:word|phrase|code|wd)|pwd|pin(?: code| number)?|cvv|cvc|api[ _-]?key|secret(?:[ _-]?key)?"
    r"|(?:access|auth|bearer|api)[ _-]?token|private key|recovery (?:code|phrase)|seed phrase)\b"
    r"(?:\s+(?:for|of|to|at)\s[^.;,\n]{1,30}?)?\s*(?:\bis\b|[:=：])\s*\S",
    re.IGNORECASE,
)
_NAMED_ZH = re.compile(r"(?:密码|口令|验证码|密钥|私钥|助记词|令牌|安全码)[^，。；\n]{0,20}?(?:是|为|[:=：])\s*\S")
_KEYS = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY|\bsk-[\w-]{16,}|\b(?:ghp|gho|ghs|github_pat)_\w{20,}|\bxox[abprs]-[\w-]{10,}"
    r"|\bAKIA[0-9A-Z]{16}\b|\bAIza[\w-]{30,}|\beyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]*|://[^/\s:@]+:[^/\s@]+@"
)
_LONG = re.compile(r"[A-Za-z0-9+/=_-]{24,}")
_CARD = re.compile(r"(?<!\d)\d(?:[ -]?\d){12,18}(?!\d)")


def secret_in(text: str) -> str | None:
    """What secret `text` seems to hold, None if none. Shapes only: it can be wrong either way."""
    text = unicodedata.normalize("NFKC", text)
    if _NAMED.search(text) or _NAMED_ZH.search(text):
        return "a password or key"
    if _KEYS.search(text) or any(_random(match[0]) for match in _LONG.finditer(text)):
        return "a key"
    if any(_luhn(re.sub(r"\D", "", match[0])) for match in _CARD.finditer(text)):
        return "a card's number"
    return None


def _random(word: str) -> bool:
    """Letters of both cases and digits, mixed, as in no word of a language."""
    kinds = (str.isupper, str.islower, str.isdigit)
    return all(any(kind(letter) for letter in word) for kind in kinds) and sum(map(str.isdigit, word)) >= 3


def _luhn(digits: str) -> bool:
    """The check digit of payment cards (ISO/IEC 7812-1)."""
    doubled = [int(digit) * (2 if place % 2 else 1) for place, digit in enumerate(reversed(digits))]
    return len(set(digits)) > 1 and sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0
