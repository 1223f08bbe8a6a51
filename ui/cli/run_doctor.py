"""`cairn doctor`: look at everything that can be missing, and say how to mend it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import asdict, dataclass
from functools import partial
from itertools import chain
from pathlib import Path
from typing import TypeVar
from urllib.parse import unquote

from sqlalchemy import make_url

from cairn import __version__
from cairn.agents.assembly import check_template
from cairn.agents.service import Cairn
from cairn.core.app_database import open_database, sqlite_file
from cairn.core.backups import REPAIR, damage, repair
from cairn.core.errors import CairnError, StorageError
from cairn.core.settings import Home, Settings, load_settings
from cairn.databases.connections.database_addresses import shown
from cairn.databases.database_registry import Databases, Registered
from cairn.ui.cli.run_ask import opened
from cairn.ui.cli.run_db import without_tables
from cairn.ui.cli.run_models import configured_models
from cairn.ui.cli.terminal import moment, say, say_json

_WEB_SECONDS = 5.0
_SERVER_AWAY = "Is the server there, are the user and the password right?"
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Finding:
    """`mend` is None when nothing needs doing."""

    what: str
    found: str
    ok: bool = True
    mend: str | None = None


def doctor(home: Path | None, as_json: bool, repair: bool = False) -> None:
    """Exit code 1 when something that is configured does not work. `repair`: a damaged app database first."""
    findings: list[Finding] = []
    for finding in chain(_look("repair", _repaired, home) if repair else [], _findings(home)):
        findings.append(finding)
        if not as_json:
            _show(finding)
    if as_json:
        say_json([asdict(finding) for finding in findings])
    sys.exit(0 if all(finding.ok for finding in findings) else 1)


def _show(finding: Finding) -> None:
    say(f"{'✓' if finding.ok else '✗'} {finding.what}: {finding.found}")
    for line in (finding.mend or "").splitlines():
        say(f"    {line}")


def _findings(home: Path | None) -> Iterator[Finding]:
    yield Finding("Cairn", f"{__version__} on Python {sys.version.split()[0]}")
    for what, check in _FIRST.items():
        found = _look(what, check, home)
        yield from found
        if not all(finding.ok for finding in found):
            return
    with opened(home) as app:
        for what, check in _CHECKS.items():
            yield from _look(what, check, app)


def _look(what: str, check: Callable[[_T], Finding | list[Finding]], at: _T) -> list[Finding]:
    try:
        found = check(at)
        return found if isinstance(found, list) else [found]
    except CairnError as error:
        return [Finding(what, error.message, False, error.hint)]
    except Exception as error:
        return [Finding(what, f"{type(error).__name__}: {error}", False, "Please report it.")]


def _home(home: Path | None) -> Finding:
    root = load_settings(home).home
    settings = Home(root).settings
    return Finding("home", f"{root} ({settings.name} {'read' if settings.is_file() else 'not there'})")


def _database(home: Path | None) -> Finding:
    settings = load_settings(home)
    try:
        open_database(settings.app_database, settings.home)
    except StorageError as error:
        mend = f"{REPAIR}\nIt is {_address(settings)}." if error.hint == REPAIR else _to_mend_database(settings)
        raise StorageError(error.message, mend) from None
    file = sqlite_file(settings.app_database)
    if file is not None and (problem := damage(file)) is not None:
        return Finding("app database", f"{_address(settings)} is damaged: {problem}", False, REPAIR)
    return Finding("app database", _address(settings))


def _repaired(home: Path | None) -> Finding:
    settings = load_settings(home)
    file = sqlite_file(settings.app_database)
    if file is None:
        return Finding(
            "repair", "the app database is no file of Cairn's; restore it with its own server's means", False
        )
    if file.is_file() and file.stat().st_size and damage(file) is None:
        return Finding("repair", "nothing to do: the app database is whole")
    done = repair(file)
    newer = "what was added since can't be counted" if done.newer is None else _said(done.newer)
    back = f"the backup of {moment(done.made)} is back ({done.backup})"
    return Finding("repair", back, True, f"{newer}. The old file: {done.aside}")


def _said(newer: dict[str, int]) -> str:
    lost = ", ".join(f"{count} {name}" for name, count in newer.items())
    return f"Newer than it, and only in the old file: {lost}" if lost else "As far as can be counted nothing is newer"


def _to_mend_database(settings: Settings) -> str:
    file = settings.app_database.startswith("sqlite")
    asked = "Is there room on the disk, may the file be written?" if file else _SERVER_AWAY
    return f"{asked} {'`database_url`' if settings.database_url else 'It'} is {_address(settings)}."


def _address(settings: Settings) -> str:
    return unquote(shown(make_url(settings.app_database)))


def _model(app: Cairn) -> Finding:
    choice = app.model_in_use()
    app.workspace.chat_model(None)
    advice = (
        "It calls tools and quotes, and writes nothing of its own. For a real model: set OPENAI_API_KEY, or start "
        "Ollama, or give --model and --base-url (also as `model` and `base_url` in cairn.toml)."
    )
    return Finding("model", f"{choice.name} ({choice.reason})", True, advice if choice.name == "builtin" else None)


def _context_window(app: Cairn) -> Finding:
    from cairn.models.model_facts import window_source

    model = app.workspace.chat_model(None)
    return Finding("context window", f"{model.takes} tokens ({window_source(model)})")


def _speed(app: Cairn) -> list[Finding]:
    """Of a model from a file alone: any other would be asked for money, or over the network."""
    name = app.model_in_use().name
    if not name.startswith("gguf:"):
        return []
    from cairn.models.gguf_server import measured_speed

    speed = measured_speed(name, app.settings)
    return [Finding("speed", f"{speed.read:.0f} tokens read in a second, {speed.written:.0f} written")]


def _token_counts(app: Cairn) -> Finding:
    from cairn.models.token_counts import encoding_of, token_counter

    root = app.workspace.home.root
    counters = {name: token_counter(name, root) for name in configured_models(app.settings, app.prompts)}
    missing = [name for name, counter in counters.items() if not counter.exact and encoding_of(name)]
    advice = f"For {', '.join(missing)} they can be exact: cairn models get tiktoken" if missing else None
    told = [f"{name} {'exact' if counter.exact else 'approximate'}" for name, counter in counters.items()]
    return Finding("token counts", ", ".join(told), True, advice)


def _embeddings(app: Cairn) -> Finding:
    from cairn.models.embeddings import make_embeddings

    embedder = make_embeddings(app.settings)
    plain = embedder.fingerprint.startswith("hash")
    advice = "Compares letters, not meaning. Better, for English: cairn models get minilm" if plain else None
    return Finding("embeddings", embedder.fingerprint, True, advice)


def _documents(app: Cairn) -> Finding:
    sources = app.workspace.library.sources()
    failed = [source for source in sources if source.error]
    own = [source for source in sources if source.collection != "samples"]
    found = f"{len(own)} of your own" if own else f"{len(sources)} samples; add your own: cairn add ./my-docs"
    if failed:
        return Finding("documents", f"{found}, {len(failed)} failed", False, "cairn sources --failed tells why.")
    return Finding("documents", found)


def _vector_index(app: Cairn) -> Finding:
    from cairn.retrieval.chroma_index import owner

    if app.settings.chroma_url is None:
        return Finding("vector index", f"{app.workspace.home.index / 'chroma'}")
    with closing(owner(app.workspace.home, app.settings)) as chroma:
        chroma.read(lambda client: client.list_collections(limit=1))
    return Finding("vector index", f"{app.settings.chroma_url} answers")


def _databases(app: Cairn) -> list[Finding]:
    databases = app.workspace.databases
    used = [entry for entry in databases.list() if entry.used]
    found = [_look(f"database {entry.name}", partial(_asked, databases), entry) for entry in used]
    none = Finding("databases", "none; add one: cairn db add shop sqlite:///shop.db")
    return [finding for one in found for finding in one] or [none]


def _asked(databases: Databases, entry: Registered) -> Finding:
    tables = databases.open(entry.name).schema().tables
    where = "a sample; add your own: cairn db add NAME URL" if entry.sample else unquote(entry.redacted)
    advice = None if tables else without_tables(entry)
    return Finding(f"database {entry.name}", f"{where} ({len(tables)} tables)", True, advice)


def _web_search(app: Cairn) -> Finding:
    if app.settings.searx_url is None:
        return Finding("web search", "off; set `searx_url` to the address of a SearxNG server")
    from cairn.tools.searx import search_web

    search_web(app.settings.searx_url, "cairn", 1, _WEB_SECONDS)
    return Finding("web search", app.settings.searx_url)


def _tasks(app: Cairn) -> Finding:
    names = app.prompts.tasks()
    for name in names:
        task = app.prompts.task(name)
        check_template(task, app.prompts.template(name, task.template))
        app.prompts.examples(name)
    return Finding("tasks", ", ".join(names))


_FIRST: dict[str, Callable[[Path | None], Finding]] = {"home": _home, "app database": _database}
"""Without these nothing else can be looked at."""
_CHECKS: dict[str, Callable[[Cairn], Finding | list[Finding]]] = {
    "model": _model,
    "context window": _context_window,
    "speed": _speed,
    "token counts": _token_counts,
    "embeddings": _embeddings,
    "vector index": _vector_index,
    "documents": _documents,
    "databases": _databases,
    "web search": _web_search,
    "tasks": _tasks,
}
