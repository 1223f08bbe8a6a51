"""What was found out about a model at its address, kept in the home for the next time.

A server can be another one tomorrow: after a week all but how its model counts tokens is found out anew.
"""

from __future__ import annotations

import json
import os
import threading
from collections import deque
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from cairn.core.clean_text import without_password
from cairn.core.errors import StorageError
from cairn.core.settings import Settings
from cairn.core.whole_files import write_whole
from cairn.models.providers import PROVIDERS, ollama_url, ollama_window, served_window
from cairn.models.token_ratios import TokenRatios

if TYPE_CHECKING:
    from cairn.models.guarded_model import GuardedChatModel

FILE = "models.json"
_NO_NEED = "api.openai.com"
_WINDOW_SECONDS = 0.3
_HOLDS = timedelta(days=7)
_KNOWN = 20
_KEPT = 200
_LEAST_SECONDS = 30.0
_TIMES = 4.0


class Patience:
    """How long a model may take to begin: as long as the setting says, less once it is known how long it takes.

    Of one model in one process; waiting in its server's line is included. A request that got lost is asked again soon,
    then, in place of holding a question until its time is over.
    """

    def __init__(self) -> None:
        self._took: deque[float] = deque(maxlen=_KEPT)

    def learn(self, seconds: float) -> None:
        self._took.append(seconds)

    def seconds(self, most: float, last: bool) -> float:
        """How long to wait for the next one. The `last` try waits for the `most` that is allowed."""
        if last or len(self._took) < _KNOWN:
            return most
        return min(most, max(_LEAST_SECONDS, _TIMES * max(self._took)))


@dataclass
class ModelFacts:
    """One for all copies of a model. None is not known.

    `tools`: whether tools reach the model. `thinks`: whether it thinks before it answers. `window`: tokens that the
    server says it takes. `failing`: the means of `constrained_output` that it does not keep to. `since`: the day from
    which on this is known. `ratios`: how it counts tokens. In this process `patience`: how soon it begins; `answered`:
    a call got through; `probed`: tools were looked for; `asking`: what the server says when asked for its window, and
    whether that was `awaited`. Without a `file` nothing is kept.
    """

    tools: bool | None = None
    thinks: bool | None = None
    window: int | None = None
    failing: list[str] | None = None
    since: str | None = None
    ratios: TokenRatios = field(default_factory=TokenRatios)
    patience: Patience = field(default_factory=Patience)
    answered: bool = field(default=False)
    probed: bool = field(default=False)
    asking: Future[int | None] | None = None
    awaited: bool = False
    file: Path | None = field(default=None)
    key: str = field(default="")

    def learn(self, **facts: Any) -> None:
        """Keep what is new; a home that can't be written only means that it is found out again."""
        if all(getattr(self, name) == value for name, value in facts.items()):
            return
        for name, value in facts.items():
            setattr(self, name, value)
        self._keep()

    def served_window(self) -> int | None:
        """`window`, or what the server says of it in the moment that it is given."""
        if self.window is None and self.asking is not None:
            with suppress(Exception):  # too late, or it can't be read: it is not known
                self.learn(window=self.asking.result(0 if self.awaited else _WINDOW_SECONDS))
            self.awaited = True
        return self.window

    def learn_counts(self, texts: Sequence[str], counted: int) -> None:
        """`counted`: the tokens of a prompt of messages with these texts, as its server says."""
        if self.ratios.learn(texts, counted):
            self._keep()

    def _keep(self) -> None:
        if self.file is None or not self.file.parent.is_dir():
            return
        self.since = self.since or date.today().isoformat()
        kept = {name: value for name in _TYPES if (value := getattr(self, name)) is not None}
        if self.ratios:
            kept[_COUNTED] = self.ratios.samples
        found = _read(self.file)
        facts = {**found, self.key: {**_holding(found.get(self.key)), **kept}}
        with suppress(StorageError):
            write_whole(self.file, json.dumps(facts, ensure_ascii=False, indent=1))


_COUNTED = "counted"
_TYPES: dict[str, type] = {"tools": bool, "thinks": bool, "window": int, "failing": list, "since": str}


def model_facts(home: Path, model: str, address: str | None) -> ModelFacts:
    """What is known of a model at an address (None: its provider's own)."""
    key = f"{model} at {address}" if address else model
    known = _holding(_read(home / FILE).get(key))
    ratios = TokenRatios(_samples(known.pop(_COUNTED, None)))
    return ModelFacts(**known, ratios=ratios, file=home / FILE, key=key)


def _holding(known: Any) -> dict[str, Any]:
    """What of an entry can still be relied on."""
    if not isinstance(known, Mapping):
        return {}
    try:
        fresh = date.today() - date.fromisoformat(known["since"]) < _HOLDS
    except (KeyError, TypeError, ValueError):  # of an earlier version
        fresh = False
    good = {name for name in _TYPES if fresh and isinstance(known.get(name), _TYPES[name])}
    return {name: value for name, value in known.items() if name in good or name == _COUNTED}


def _samples(kept: Any) -> list[list[int]]:
    rows = kept if isinstance(kept, list) else []
    return [row for row in rows if isinstance(row, list) and all(type(value) is int for value in row)]


def _read(file: Path) -> dict[str, Any]:
    try:
        found = json.loads(file.read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def ask_window(full: str, settings: Settings) -> Future[int | None] | None:
    """How many tokens the model with this name takes, as its server will have said: it is asked while all else is
    prepared. None where nobody need be asked."""
    provider, _, name = full.partition(":")
    ollama = provider == "ollama"
    openai = provider == "openai" or (settings.base_url and provider not in (*PROVIDERS, "gguf", "builtin", "replay"))
    address = f"{ollama_url()}/v1" if ollama else settings.base_url or os.environ.get("OPENAI_BASE_URL")
    if "context_window" in settings.model_fields_set or not (ollama or openai) or not address:
        return None
    known = model_facts(settings.home, full, without_password(address)).window
    if known or urlsplit(address).hostname == _NO_NEED:
        return None
    key = settings.api_key.get_secret_value() if settings.api_key else None
    told = Future[int | None]()

    def ask() -> None:
        try:
            told.set_result(ollama_window(name) if ollama else served_window(address, name or provider, key))
        except Exception as error:  # it is for who waits
            told.set_exception(error)

    threading.Thread(target=ask, name="cairn-window", daemon=True).start()
    return told


def window_source(model: GuardedChatModel) -> str:
    """Where `model.takes` comes from."""
    if model.window_is_set:
        return "the `context_window` setting"
    return "as its server says" if model.facts.served_window() else "not known: the default of `context_window`"
