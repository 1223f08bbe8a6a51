"""`cairn doctor`: look at everything that can be missing, and say how to mend it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from agents.app import Cairn
from agents.build import check_template
from cairn import __version__
from cairn.errors import CairnError
from ui.cli.asking import opened
from ui.cli.output import say, say_json

_WEB_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Finding:
    """`mend` is None when nothing needs doing."""

    what: str
    found: str
    ok: bool = True
    mend: str | None = None


def doctor(home: Path | None, as_json: bool) -> None:
    """Exit code 1 when something that is configured does not work."""
    findings = _findings(home)
    if as_json:
        say_json([asdict(finding) for finding in findings])
    else:
        for finding in findings:
            say(f"{'✓' if finding.ok else '✗'} {finding.what}: {finding.found}")
            if finding.mend:
                say(f"    {finding.mend}")
    sys.exit(0 if all(finding.ok for finding in findings) else 1)


def _findings(home: Path | None) -> list[Finding]:
    findings = [Finding("Cairn", f"{__version__} on Python {sys.version.split()[0]}")]
    try:
        with opened(home) as app:
            return findings + [_look(what, check, app) for what, check in _CHECKS.items()]
    except CairnError as error:
        return [*findings, Finding("home", error.message, False, error.hint)]


def _look(what: str, check: Callable[[Cairn], Finding], app: Cairn) -> Finding:
    try:
        return check(app)
    except CairnError as error:
        return Finding(what, error.message, False, error.hint)
    except Exception as error:
        return Finding(what, f"{type(error).__name__}: {error}", False, "Please report it.")


def _home(app: Cairn) -> Finding:
    settings = app.rooms.home.settings
    return Finding("home", f"{app.settings.home} ({settings.name} {'read' if settings.is_file() else 'not there'})")


def _database(app: Cairn) -> Finding:
    return Finding("app database", app.rooms.database.engine.url.render_as_string(hide_password=True))


def _model(app: Cairn) -> Finding:
    choice = app.model_in_use()
    app.rooms.chat_model(None)
    advice = (
        "It calls tools and quotes, and writes nothing of its own. For a real model: set OPENAI_API_KEY, or start "
        "Ollama, or give --model and --base-url (also as `model` and `base_url` in cairn.toml)."
    )
    return Finding("model", f"{choice.name} ({choice.reason})", True, advice if choice.name == "builtin" else None)


def _embeddings(app: Cairn) -> Finding:
    from models.embeddings import make_embeddings

    embedder = make_embeddings(app.settings)
    plain = embedder.fingerprint.startswith("hash")
    advice = "Compares letters, not meaning. Better, for English: cairn models get minilm" if plain else None
    return Finding("embeddings", embedder.fingerprint, True, advice)


def _documents(app: Cairn) -> Finding:
    sources = app.rooms.library.sources()
    failed = [source for source in sources if source.error]
    own = [source for source in sources if source.collection != "samples"]
    found = f"{len(own)} of your own" if own else f"{len(sources)} samples; add your own: cairn add ./my-docs"
    if failed:
        return Finding("documents", f"{found}, {len(failed)} failed", False, "cairn sources --failed tells why.")
    return Finding("documents", found)


def _databases(app: Cairn) -> Finding:
    names = [database.name for database in app.rooms.databases.list()]
    for name in names:
        app.rooms.databases.open(name).schema()
    return Finding("databases", ", ".join(names) or "none; add one: cairn db add shop sqlite:///shop.db")


def _web_search(app: Cairn) -> Finding:
    if app.settings.searx_url is None:
        return Finding("web search", "off; set `searx_url` to the address of a SearxNG server")
    from tools.searx import search_web

    search_web(app.settings.searx_url, "cairn", 1, _WEB_SECONDS)
    return Finding("web search", app.settings.searx_url)


def _tasks(app: Cairn) -> Finding:
    names = app.prompts.tasks()
    for name in names:
        task = app.prompts.task(name)
        check_template(task, app.prompts.template(name, task.template))
        app.prompts.examples(name)
    return Finding("tasks", ", ".join(names))


_CHECKS: dict[str, Callable[[Cairn], Finding]] = {
    "home": _home,
    "app database": _database,
    "model": _model,
    "embeddings": _embeddings,
    "documents": _documents,
    "databases": _databases,
    "web search": _web_search,
    "tasks": _tasks,
}
