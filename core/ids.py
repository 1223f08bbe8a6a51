"""Names of what is stored."""

from __future__ import annotations

import secrets


def new_id() -> str:
    """64 random bits, in 16 hexadecimal digits: that two of a million are alike happens once in forty million times."""
    return secrets.token_hex(8)
