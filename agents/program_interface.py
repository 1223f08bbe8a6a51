"""What a program of one's own calls: `cairn.ask`, `cairn.assistant`, and parts for anyone's chain or agent.

`home` is everywhere a folder, `Settings`, a `Cairn` that is open, or None for `CAIRN_HOME` or the platform's folder. A
home that is not open yet is opened once for the process, and closed when the process ends; who wants to close one
earlier opens it: `with Cairn(load_settings(folder)) as home`.
"""

from __future__ import annotations

import atexit
import threading
from collections.abc import Callable, Collection
from functools import wraps
from pathlib import Path
from typing import Any, cast

from langchain_core.embeddings import Embeddings
from langchain_core.language_models import BaseChatModel
from langchain_core.tools import BaseTool, StructuredTool, ToolException

from cairn.agents.assembly import Assistant, build
from cairn.agents.service import Cairn
from cairn.core.answer import Answer
from cairn.core.errors import SettingsError, ToolError
from cairn.core.filters import Filters
from cairn.core.late_values import late
from cairn.core.settings import Settings, load_settings
from cairn.core.task import Retrieval, Sql
from cairn.retrieval.retriever import CairnRetriever
from cairn.tools.calculator import calculator as _calculator

InHome = str | Path | Settings | Cairn | None
_open: list[Cairn] = []
_opening = threading.Lock()


def ask(
    question: str,
    *,
    task: str | Path | None = None,
    model: str | BaseChatModel | None = None,
    thread: str | None = None,
    home: InHome = None,
    **patch: Any,
) -> Answer:
    """Ask as the command line does, and wait for the answer, which is kept in the home.

        >>> import cairn
        >>> answer = cairn.ask("How many days of parental leave do we give?", task="documents")
        >>> answer.sources[answer.citations[0].source]["title"]
        'Leave and holidays'

    Args:
        question: What is asked.
        task: The name of the task that answers, or a folder of one's own; None for the `task` setting.
        model: A model's name or a LangChain chat model; None for the task's or the setting's.
        thread: The thread to go on with (`answer.thread`); None is a new one.
        home: Where the documents, databases and threads are.
        patch: Fields of the task that are changed for this question, as `retrieval={"k": 8}`.

    Returns:
        The answer with its sources, steps and tables. Where none came, `error` says why.

    Raises:
        UsageError: The question, the task or the patch is wrong (also TaskError, TemplateError, SettingsError).
        ModelError: The model can't be used.
        ThreadBusy: The thread is being answered.
    """
    return open_home(home).ask(question, task=_task(task), model=model, thread=thread, patch=patch)


def assistant(
    task: str | Path | None = None,
    home: InHome = None,
    model: str | BaseChatModel | None = None,
    **patch: Any,
) -> Assistant:
    """A task ready to answer, as a Runnable: a question in, a `Reply` out. Nothing is written into threads.

        >>> import cairn
        >>> documents = cairn.assistant("documents", retrieval={"k": 3})
        >>> "80 days" in str(documents.invoke("How many days of parental leave do we give?"))
        True

    Args:
        task: The task's name, or a folder of one's own; None for the `task` setting.
        home: Where the documents and databases are.
        model: A model's name or a LangChain chat model; None for the task's or the setting's.
        patch: Fields of the task that are changed, as `strategy="rag"`.

    Returns:
        The Runnable: `invoke`, `ainvoke`, `astream`, `batch`, and a part of any chain.

    Raises:
        UsageError: The task or the patch is wrong (also TaskError, TemplateError, SettingsError).
        ModelError: The model can't be used.
    """
    app = open_home(home)
    return build(app.workspace, _task(task) or app.settings.task, patch, model)


def retriever(home: InHome = None, k: int = 5, *, where: Filters | None = None, **options: Any) -> CairnRetriever:
    """The documents of a home as a LangChain retriever.

        >>> import cairn
        >>> cairn.retriever(k=2).invoke("parental leave")[0].metadata["title"]
        'Leave and holidays'

    Args:
        home: Where the documents are.
        k: At most so many passages.
        where: Which documents to search: of a source, tag, date...
        options: Other options of a task's `retrieval`, as `mode="lexical"` or `collections=["hr"]`.

    Returns:
        The retriever.

    Raises:
        UsageError: A search alone can't do an option (also SettingsError).
        ValidationError: There is no such option, or it can't have that value.
    """
    return CairnRetriever.from_library(open_home(home).workspace.library, where=where, k=k, **options)


def search_tool(home: InHome = None, k: int = 5, **options: Any) -> BaseTool:
    """The tool `search` over the documents of a home, for anyone's agent.

        >>> import cairn
        >>> "80 days" in cairn.search_tool().invoke("parental leave")
        True

    Args:
        home: Where the documents are; they are opened by the first search.
        k: At most so many passages.
        options: Other options of a task's `retrieval`.

    Returns:
        The tool. It returns numbered passages, and as its artifact their Documents; an error is told to the model.

    Raises:
        SettingsError: A setting is wrong.
        ValidationError: There is no such option, or it can't have that value.
    """
    from cairn.tools.search_tool import make_search

    app = open_home(home)
    return _telling(make_search(late(lambda: app.workspace.library), Retrieval(k=k, **options)))


def sql_tools(*databases: str, home: InHome = None, hidden: Collection[str] = (), **options: Any) -> list[BaseTool]:
    """`list_tables`, `describe_tables` and `query_database`, for anyone's agent. Queries are guarded and only read.

        >>> import cairn
        >>> [tool.name for tool in cairn.sql_tools("shop")]
        ['list_tables', 'describe_tables', 'query_database']

    Args:
        databases: Names of a home's databases, and addresses (`sqlite:///shop.db`, `postgresql://…`), which need no
            home. None at all is every database of the home.
        home: Where names are looked up.
        hidden: Of the addresses, each `table` or `table.column` that may not be seen.
        options: Options of a task's `sql`, as `max_rows=20`.

    Returns:
        The tools. `query_database` returns a Markdown table, and as its artifact the rows; an error is told to the
        model.

    Raises:
        DatabaseError: A database is unknown, away, or may be written to.
        SettingsError: A setting is wrong.
        ValidationError: There is no such option, or it can't have that value.
    """
    from cairn.databases.database_registry import ChosenDatabases
    from cairn.tools.sql_tools import make_sql_tools

    registered = late(lambda: open_home(home).workspace.databases)
    chosen = ChosenDatabases(registered, databases, hidden) if databases else registered
    return [_telling(tool) for tool in make_sql_tools(chosen, Sql(**options))]


def web_tools(searx_url: str | None = None, home: InHome = None) -> list[BaseTool]:
    """`web_search` and `read_page`, for anyone's agent. Pages in private networks are not read.

        >>> import cairn
        >>> [tool.name for tool in cairn.web_tools("http://localhost:8888")]
        ['web_search', 'read_page']

    Args:
        searx_url: The address of a SearxNG server; None for the `searx_url` setting.
        home: Whose settings hold.

    Returns:
        The tools, whose artifacts are Documents; an error is told to the model.

    Raises:
        SettingsError: No server is set, or its address is none.
    """
    from cairn.tools.web_tools import make_web_tools

    if (server := searx_url or _settings(home).searx_url) is None:
        raise SettingsError("No search server is set.", "Give `searx_url`, the address of a SearxNG server.")
    return [_telling(tool) for tool in make_web_tools(server)]


def chat_model(
    name: str | BaseChatModel | None = None, home: InHome = None, temperature: float | None = None
) -> BaseChatModel:
    """A chat model that can be relied on: one deadline, bounded retries, nothing half-read. For anyone's chain.

        >>> import cairn
        >>> model = cairn.chat_model("builtin").bind_tools([cairn.calculator])
        >>> model.invoke("What is 6 * 7?").tool_calls[0]["args"]
        {'expression': '6 * 7'}

    Args:
        name: `openai:gpt-5-mini`, `ollama:qwen3`, `builtin`, another provider's, or a LangChain chat model; None for
            the `model` setting.
        home: Whose settings (`base_url`, `timeout`, `retries`...) hold.
        temperature: None for the setting's.

    Returns:
        The model. Nothing is sent yet.

    Raises:
        SettingsError: The model can't be made; it says what is missing.
    """
    from cairn.models.model_registry import make_chat_model

    settings = _settings(home)
    return make_chat_model(name or settings.model, settings, temperature)


def embeddings(name: str | None = None, home: InHome = None) -> Embeddings:
    """An embedding model.

        >>> import cairn
        >>> len(cairn.embeddings("hash").embed_query("leave")) > 100
        True

    Args:
        name: `auto`, `minilm`, `hash` or `provider:name`; None for the `embeddings` setting.
        home: Whose settings hold.

    Returns:
        The model. Nothing is loaded yet.

    Raises:
        SettingsError: There are no such embeddings, or their files are missing.
    """
    from cairn.models.embeddings import make_embeddings

    settings = _settings(home)
    return make_embeddings(settings.model_copy(update={"embeddings": name}) if name else settings)


def count_tokens(text: str, model: str | None = None, home: InHome = None) -> int:
    """How many tokens a text costs a model. Nothing is downloaded (`cairn models get tiktoken` does it).

        >>> import cairn
        >>> cairn.count_tokens("How many days of leave?")
        7

    Args:
        text: The text.
        model: The model's name, as `openai:gpt-5-mini`; None for a count that is near any model's.
        home: Where an encoding's file may be.

    Returns:
        The model's own count where its encoding is there, else an approximate one.

    Raises:
        SettingsError: A setting is wrong.
    """
    from cairn.models.token_counts import APPROXIMATE, token_counter

    return (token_counter(model, _settings(home).home) if model else APPROXIMATE)(text)


def open_home(home: InHome = None) -> Cairn:
    """The open home: the given one, else the one that this process has opened with the same settings."""
    if isinstance(home, Cairn):
        return home
    settings = _settings(home)
    with _opening:
        known = next((app for app in _open if app.settings == settings), None)
        if known is None:
            if not _open:
                atexit.register(close_homes)
            _open.append(known := Cairn(settings))
        return known


def close_homes() -> None:
    """Close what `open_home` has opened; it is opened again when it is asked for."""
    with _opening:
        while _open:
            _open.pop().close()


def _settings(home: InHome) -> Settings:
    if isinstance(home, Cairn):
        return home.settings
    return home if isinstance(home, Settings) else load_settings(home)


def _task(task: str | Path | None) -> str | None:
    return str(task.absolute()) if isinstance(task, Path) else task


def _telling(tool: BaseTool) -> BaseTool:
    """A copy that tells its errors to the model: other people's agents end at an error that LangChain does not know."""
    made = cast(StructuredTool, tool)
    work = cast(Callable[..., Any], made.func)

    @wraps(work)
    def told(*args: Any, **kwargs: Any) -> Any:
        try:
            return work(*args, **kwargs)
        except ToolError as error:
            raise ToolException(str(error)) from error

    return made.model_copy(update={"func": told, "handle_tool_error": True})


calculator = _telling(_calculator)
