"""Keys of model services that the user gave the program: in the system's keyring, else in a file of the owner alone.

A key is known by the variable that it would stand in (`OPENAI_API_KEY`); a variable that is set wins. The keyring is
used where the package `keyring` is installed and has one that works.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import Any

from cairn.core.errors import StorageError, UsageError
from cairn.core.secrets import keep
from cairn.core.whole_files import write_whole

FILE = "keys.json"
_SERVICE = "cairn"
_PROBE = "works"
_given: set[str] = set()
"""The variables that this process has from a store."""


class KeyStore:
    """The keys of one home.

    Args:
        home: Its folder.
    """

    def __init__(self, home: Path) -> None:
        self._file = home / FILE
        self._service = f"{_SERVICE} {home}"

    @cached_property
    def _ring(self) -> Any:
        """Looked for when it is needed first: that costs as much as a question."""
        return _keyring()

    @property
    def place(self) -> str:
        """Where keys are kept: `keyring` or `file`."""
        return "file" if self._ring is None else "keyring"

    def names(self) -> list[str]:
        """The variables for which there is a key here. The keys themselves are never told."""
        return sorted(self._read())

    def set(self, variable: str, key: str) -> None:
        """Keep a key, and use it from now on. Raises UsageError for none, StorageError."""
        if not (key := key.strip()) or any(letter.isspace() for letter in key):
            raise UsageError("That is no key: it is empty, or has blanks in it.", "Copy it once more.")
        keep(key)
        known = self._read()
        if self._ring is not None:
            try:
                self._ring.set_password(self._service, variable, key)
            except Exception as error:  # every system's keyring has errors of its own
                raise StorageError(f"The keyring does not take the key: {error}.", "Open it, and try again.") from None
        self._write({**known, variable: None if self._ring is not None else key})
        os.environ[variable] = key
        _given.add(variable)

    def remove(self, variable: str) -> None:
        """Forget a key. Raises StorageError."""
        known = self._read()
        if known.pop(variable, "") is None and self._ring is not None:
            with suppress(Exception):  # it is not there any more
                self._ring.delete_password(self._service, variable)
        self._write(known)
        if variable in _given:
            os.environ.pop(variable, None)
            _given.discard(variable)

    def use(self) -> None:
        """Give this process the keys that are kept, but for variables that are set."""
        for variable, key in self._read().items():
            key = self._ring.get_password(self._service, variable) if key is None and self._ring else key
            if key and not os.environ.get(variable):
                keep(key)
                os.environ[variable] = key
                _given.add(variable)

    def _read(self) -> dict[str, str | None]:
        """None for a key that the keyring has."""
        try:
            return dict(json.loads(self._file.read_text("utf-8")))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, TypeError):
            raise StorageError(f"{self._file} can't be read.", "Take it away, and give the keys anew.") from None

    def _write(self, keys: dict[str, str | None]) -> None:
        write_whole(self._file, json.dumps(keys), "Check its rights.", private=True)


def _keyring() -> Any:
    """The package with a keyring that works, else None: on a server there mostly is none."""
    try:
        ring = import_module("keyring")
        ring.get_password(_SERVICE, _PROBE)
    except Exception:  # every system's keyring has errors of its own
        return None
    return ring
