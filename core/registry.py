"""What Cairn is put together from by name: strategies, tools, loaders, metrics, checkers, each registered by one line.

Those that come with Cairn stand in `_PACKAGED` and are imported when they are used. An installed distribution adds its
own by entry points of the group `cairn.plugins`, each of which names a `Plugin` or several; they are read when a name
is none of the packaged ones, and for a list of all. A packaged name can't be taken.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any, Literal, get_args

from cairn.core.errors import TaskError, UsageError

GROUP = "cairn.plugins"
PACKAGED = "cairn"
Kind = Literal["strategy", "tool", "loader", "metric", "checker"]
KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True, slots=True)
class Plugin:
    """One thing that can be named in a task, a flag or by a file's suffix.

    `factory`: what makes it, or `module:name` of that, imported when it is used.

        strategy  (task, tools, model) -> Runnable[Turn, Reply]
        tool      (home, task, count) -> list of LangChain tools, where `count(text)` counts tokens; or a tool itself
        loader    (bytes, name without suffix) -> Document
        metric    (case, answer) -> Score, or a class made with (home, judge) whose objects are called so
        checker   (question, answer) -> float, from 0 for wrong to 1 for right, where `answer` is a `cairn.Answer`

    >>> from cairn import Plugin, calculator
    >>> Plugin("tool", "sums", calculator).load() is calculator
    True

    `needs`: of a strategy the tools it can't do without; of a loader the suffixes it reads, and `bytes` where it is to
    be given the file as it is instead of its text in UTF-8; of a tool the settings that have to be set;
    of a metric the gold fields of a case, and `judge` where a model judges.
    `gives`: of a strategy the variables of templates that it fills; of a tool the names the model calls it by.
    `chooses`: of a strategy what it chooses by itself: `tools` (then calls can wait for a yes) or `examples`.
    `template`: of a strategy the packaged task whose template fits it. `source`: the distribution it came with.
    """

    kind: Kind
    name: str
    factory: str | Callable[..., Any]
    needs: Sequence[str] = ()
    gives: Sequence[str] = ()
    chooses: Sequence[str] = ()
    template: str | None = None
    source: str = PACKAGED

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise UsageError(f"{self.kind!r} is no kind of plug-in.", f"There are: {', '.join(KINDS)}.")

    def load(self) -> Any:
        """What makes it. Raises UsageError where that can't be imported."""
        if not isinstance(self.factory, str):
            return self.factory
        module, _, name = self.factory.partition(":")
        try:
            return getattr(import_module(module), name)
        except Exception as error:
            hint = f"Look at its factory, {self.factory!r}." if self.source == PACKAGED else "Mend or uninstall it."
            raise UsageError(_broken(self.source, self.name, error), hint) from error


@dataclass(frozen=True, slots=True)
class Installed:
    """What the entry points gave, and what was wrong with some of them."""

    plugins: tuple[Plugin, ...] = ()
    problems: tuple[str, ...] = ()


_TEXT = ".txt .text .rst .log .org .adoc .asciidoc .tex .yaml .yml .toml .ini .cfg .conf"
_SCRIPTS = ".js .mjs .cjs .jsx .ts .mts .cts .tsx .vue .svelte"
_BRACES = ".java .c .h .cc .cpp .cxx .hpp .hh .cs .m .mm .dart .groovy .cu"
_KEYWORDS = ".go .rs .rb .php .kt .kts .swift .scala .lua .pl .pm .r .jl .ex .exs .sol .zig .nim .ps1 .vb .pas"


def _strategy(
    name: str, factory: str, template: str | None = None, needs: str = "", gives: str = "", chooses: str = ""
) -> Plugin:
    return Plugin("strategy", name, f"cairn.{factory}", needs.split(), gives.split(), chooses.split(), template)


def _tool(name: str, factory: str, gives: str, needs: str = "") -> Plugin:
    return Plugin("tool", name, f"cairn.tools.{factory}", needs.split(), gives.split())


def _loader(name: str, factory: str, needs: str) -> Plugin:
    return Plugin("loader", name, f"cairn.retrieval.load.{factory}", needs.split())


def _metric(name: str, factory: str, needs: str = "") -> Plugin:
    return Plugin("metric", name, f"cairn.evals.metrics.{factory}", needs.split())


_PACKAGED = (
    _strategy("direct", "chains.direct:direct"),
    _strategy("rag", "chains.rag:rag", "documents", needs="search", gives="context"),
    _strategy(
        "sql",
        "chains.text_to_sql.sql_strategy:text_to_sql",
        "database",
        needs="sql",
        gives="schema",
        chooses="examples",
    ),
    _strategy("classify", "chains.classify:classify", "classify"),
    _strategy("extract", "chains.extract:extract", "extract"),
    _strategy("react", "agents.react_text:react_or_text", "assistant", chooses="tools"),
    _strategy("react_text", "agents.react_text:react_text", "assistant", chooses="tools"),
    _strategy("plan", "agents.plan.plan_strategy:plan", "plan", gives="tools", chooses="tools"),
    _strategy("map_reduce", "agents.reading.map_reduce:map_reduce", "read_whole", needs="search", gives="context"),
    _strategy("pearl", "agents.pearl.pearl_strategy:pearl", "pearl", needs="search", gives="actions"),
    _strategy("tree", "chains.tree_of_thoughts:tree"),
    _tool("calculator", "calculator:calculator", "calculator"),
    _tool("search", "search_tool:search_tools", "search"),
    _tool("sql", "sql_tools:sql_tools", "list_tables describe_tables query_database draw_chart"),
    _tool("web", "web_tools:web_tools", "web_search read_page", needs="searx_url"),
    _tool("todo", "todo_tool:write_todos", "write_todos"),
    _tool("memory", "memory_tools:memory_tools", "remember recall forget"),
    _loader("markdown", "markdown:load_markdown", ".md .markdown .mdown .mkd .mdx"),
    _loader("text", "text_decoding:load_text", _TEXT),
    _loader("html", "html:load_html", ".html .htm .xhtml"),
    _loader("pdf", "pdf:load_pdf", "bytes .pdf"),
    _loader("word", "word:load_word", "bytes .docx .docm"),
    _loader("opendocument", "opendocument:load_opendocument", "bytes .odt"),
    _loader("slides", "slides:load_slides", "bytes .pptx .pptm"),
    _loader("workbook", "workbooks:load_workbook", "bytes .xlsx .xlsm"),
    _loader("csv", "delimited:load_csv", ".csv .tsv .tab"),
    _loader("json", "json_records:load_json", ".json"),
    _loader("jsonl", "json_records:load_jsonl", ".jsonl .ndjson"),
    _loader("book", "epub:load_book", "bytes .epub"),
    _loader("mail", "mail:load_mail", "bytes .eml"),
    _loader("python", "source_code:load_python", ".py .pyi"),
    _loader("scripts", "source_code:load_scripts", _SCRIPTS),
    _loader("braces", "source_code:load_braces", _BRACES),
    _loader("keywords", "source_code:load_keywords", _KEYWORDS),
    _loader("statements", "source_code:load_statements", ".sql .ddl"),
    _loader("shell", "source_code:load_shell", ".sh .bash .zsh"),
    _metric("execution", "query_accuracy:ExecutionAccuracy", "query"),
    _metric("spider", "query_accuracy:SpiderAccuracy", "query"),
    _metric("strict", "query_accuracy:StrictAccuracy", "query"),
    _metric("exact", "answer_match:exact", "answers"),
    _metric("f1", "answer_match:f1", "answers"),
    _metric("holds_answer", "answer_match:holds_answer", "answers"),
    _metric("number", "answer_numbers:number", "answers"),
    _metric("final_number", "answer_numbers:final_number", "answers"),
    _metric("contains", "answer_match:contains", "contains"),
    _metric("regex", "answer_match:regex", "matches"),
    _metric("label", "answer_match:label", "label"),
    _metric("fields", "field_match:fields", "fields"),
    _metric("tool_calls", "tool_call_match:tool_calls", "tool_calls"),
    _metric("hit", "retrieval_ranking:hit", "sources"),
    _metric("recall", "retrieval_ranking:recall", "sources"),
    _metric("precision", "retrieval_ranking:precision", "sources"),
    _metric("mrr", "retrieval_ranking:mrr", "sources"),
    _metric("ndcg", "retrieval_ranking:ndcg", "sources"),
    _metric("cited", "citation_match:cited", "sources"),
    _metric("quoted", "citation_match:quoted"),
    _metric("faithfulness", "judged_answers:Faithfulness", "judge"),
    _metric("answer_relevancy", "judged_answers:AnswerRelevancy", "judge"),
    _metric("context_precision", "judged_answers:ContextPrecision", "answers judge"),
    _metric("context_recall", "judged_answers:ContextRecall", "answers judge"),
    _metric("rubric", "judged_answers:Rubric", "rubric judge"),
    _metric("answered", "declining:AnswerGiven"),
    _metric("refused", "declining:Declined", "refuse"),
    Plugin("checker", "result", "cairn.chains.tries.tried_answers:has_result"),
    Plugin("checker", "quoted", "cairn.chains.tries.tried_answers:quoted_share"),
)
_BY_NAME = {(plugin.kind, plugin.name): plugin for plugin in _PACKAGED}


def register(plugin: Plugin) -> None:
    """Make it one of those that are known, in this process, in the place of one of that name.

    >>> import cairn
    >>> cairn.register(cairn.Plugin("tool", "sums", cairn.calculator))
    >>> [tool.name for tool in cairn.assistant("math", strategy="react", tools=["sums"]).tools]
    ['calculator']

    Args:
        plugin: What is to be known by its name.
    """
    _BY_NAME[plugin.kind, plugin.name] = plugin


def find(kind: Kind, name: str) -> Plugin:
    """The one of that name. Raises TaskError (strategies, tools, checkers) or UsageError, saying which there are."""
    if found := _BY_NAME.get((kind, name)):
        return found
    for plugin in installed().plugins:
        if (plugin.kind, plugin.name) == (kind, name):
            return plugin
    names = ", ".join(plugin.name for plugin in listed(kind))
    told = " ".join([f"There are: {names}.", *problems()])
    raise (TaskError if kind in ("strategy", "tool", "checker") else UsageError)(f"There is no {kind} {name!r}.", told)


def loader_of(suffix: str) -> Plugin | None:
    """The loader of files with this suffix (`.pdf`), None where nothing reads them."""
    if not suffix:
        return None
    return _reading(packaged("loader"), suffix) or _reading(installed().plugins, suffix)


def _reading(plugins: Iterable[Plugin], suffix: str) -> Plugin | None:
    return next((plugin for plugin in plugins if plugin.kind == "loader" and suffix in plugin.needs), None)


def packaged(kind: Kind) -> list[Plugin]:
    """Those that come with Cairn, and what this program has registered."""
    return [plugin for plugin in _BY_NAME.values() if plugin.kind == kind]


def listed(kind: Kind) -> list[Plugin]:
    """All there are, the packaged ones first."""
    return [*packaged(kind), *(plugin for plugin in installed().plugins if plugin.kind == kind)]


def problems() -> tuple[str, ...]:
    """Why some of the installed plug-ins can't be used; nothing as long as none was asked for."""
    return installed().problems if installed.cache_info().currsize else ()


@cache
def installed() -> Installed:
    """Read once in a process. One that can't be used is told of and costs the others nothing."""
    found: dict[tuple[Kind, str], Plugin] = {}
    wrong: list[str] = []
    for entry in sorted(entry_points(group=GROUP), key=lambda entry: (entry.name, entry.value)):
        source = entry.dist.name if entry.dist else entry.value
        try:
            given = entry.load()
            plugins = _checked([given] if isinstance(given, Plugin) else list(given))
        except Exception as error:
            wrong.append(_broken(source, entry.name, error))
            continue
        for plugin in plugins:
            key = plugin.kind, plugin.name
            if other := found.get(key) or _BY_NAME.get(key):
                wrong.append(f"The {plugin.kind} {plugin.name} of {source} is not used: {other.source} has one.")
            else:
                found[key] = replace(plugin, source=source)
    return Installed(tuple(found.values()), tuple(wrong))


def _checked(plugins: list[Plugin]) -> list[Plugin]:
    for plugin in plugins:
        if not isinstance(plugin, Plugin) or plugin.kind not in KINDS:  # pyright: ignore[reportUnnecessaryIsInstance]
            raise TypeError(f"{plugin!r} is no Plugin of a known kind")
    return plugins


def _broken(source: str, name: str, error: Exception) -> str:
    return f"The plug-in {name} of {source} can't be used: {type(error).__name__}: {error}."
