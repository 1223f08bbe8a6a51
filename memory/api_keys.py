"""The keys by which other programs are let in. A key is shown once; what is kept of it is its SHA-256."""

from __future__ import annotations

import hmac
import re
import secrets
import time
from collections.abc import Collection
from dataclasses import dataclass
from hashlib import sha256
from typing import Literal, get_args

from sqlalchemy import delete, select, update

from cairn.core.app_database import Database, new_id
from cairn.core.app_tables import KeyRow
from cairn.core.errors import UsageError

Scope = Literal["ask", "read", "approve", "threads", "documents"]
SCOPES: tuple[Scope, ...] = get_args(Scope)
USUAL: tuple[Scope, ...] = ("ask", "read")
_PREFIX = "cairn_"
_NAME = re.compile(r"[^\s/\\][^\n/\\]{0,99}")
_USE_SECONDS = 60.0
"""How exactly the last use is kept: a write a request would cost more than most requests."""


@dataclass(frozen=True, slots=True)
class Key:
    """What is known of a key. `requests_per_minute` None is as many as come; times are Unix seconds."""

    id: str
    name: str
    scopes: frozenset[str]
    requests_per_minute: int | None
    created: float
    last_used: float | None


class Keys:
    """The keys of one user: who has one reads and asks as this user."""

    def __init__(self, database: Database, user: str) -> None:
        self._database = database
        self._user = user

    def add(
        self, name: str, scopes: Collection[str] = USUAL, requests_per_minute: int | None = None
    ) -> tuple[Key, str]:
        """A new key.

        Args:
            name: What it is called, one of a user's own.
            scopes: What it may do: some of `SCOPES`.
            requests_per_minute: What more is refused; None is no limit.

        Returns:
            What is known of it, and the key itself, which can't be had again.

        Raises:
            UsageError: The name is taken or none, or a scope is unknown.
        """
        if not _NAME.fullmatch(name):
            raise UsageError(f"{name!r} can't name a key.", "Use 1 to 100 characters without slashes.")
        if unknown := sorted(set(scopes) - set(SCOPES)):
            raise UsageError(f"There is no scope {', '.join(unknown)}.", f"There are: {', '.join(SCOPES)}.")
        key = _PREFIX + secrets.token_urlsafe(32)
        row = KeyRow(
            id=new_id(),
            user=self._user,
            name=name,
            digest=_digest(key),
            scopes=sorted(set(scopes)),
            requests_per_minute=requests_per_minute,
            created=time.time(),
            last_used=None,
        )
        with self._database.session() as session:
            if session.scalar(select(KeyRow.id).where(KeyRow.user == self._user, KeyRow.name == name)) is not None:
                raise UsageError(f"There is a key {name!r} already.", f"Remove it first: cairn keys remove {name}")
            session.add(row)
        return _known(row), key

    def list(self) -> list[Key]:
        """Oldest first."""
        mine = select(KeyRow).where(KeyRow.user == self._user).order_by(KeyRow.created, KeyRow.id)
        with self._database.session() as session:
            return [_known(row) for row in session.scalars(mine)]

    def remove(self, name: str) -> None:
        """From now on nobody gets in by it. Raises UsageError where there is no such key."""
        mine = delete(KeyRow).where(KeyRow.user == self._user, KeyRow.name == name)
        with self._database.session() as session:
            if session.scalar(mine.returning(KeyRow.id)) is None:
                raise UsageError(f"There is no key {name!r}.", "`cairn keys list` shows them.")

    def find(self, key: str) -> Key | None:
        """Whose key this is; its use is noted. None where it is nobody's."""
        digest, now = _digest(key), time.time()
        with self._database.session() as session:
            row = session.scalar(select(KeyRow).where(KeyRow.digest == digest, KeyRow.user == self._user))
            if row is None or not hmac.compare_digest(row.digest, digest):
                return None
            if row.last_used is None or now - row.last_used > _USE_SECONDS:
                session.execute(update(KeyRow).where(KeyRow.id == row.id).values(last_used=now))
            return _known(row)


def _digest(key: str) -> str:
    """It holds 256 random bits: nobody finds them by trying, so that a slow hash would only cost time."""
    return sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def _known(row: KeyRow) -> Key:
    return Key(row.id, row.name, frozenset(row.scopes), row.requests_per_minute, row.created, row.last_used)
