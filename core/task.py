"""What a `task.yaml` may say. What is changed for one question, flag or rung is a patch to it, as data.

So chat, command line and evaluation run the same. A new way of working is a new field here, or a new strategy's name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, ValidationError

from cairn.core.errors import TaskError, UsageError

Selector = Literal["none", "fixed", "semantic", "mmr", "jaccard", "length", "masked", "skeleton", "hypothetical"]
RetrievalMode = Literal["lexical", "dense", "fused"]
Fusion = Literal["weighted", "rrf"]
Rewrite = Literal["none", "thread", "model"]
Expand = Literal["none", "multi_query", "hyde", "decompose"]
Reranker = Literal["mmr", "cross_encoder", "judge", "newest"]

TriedBy = Literal["answer", "execution", "judge", "checker", "choice"]

ANSWER_TOKENS = 4_096
"""Of one answer, unless somebody says otherwise."""
REMOVED = {
    "retrieval.compress": "fewer passages hold more of the answer in as many tokens",
    "retrieval.order": "answers were no better for it",
}
"""Keys that tasks had, and why they are gone. For one version they are left out with a notice, then refused."""


class _StrictModel(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Examples(_StrictModel):
    """Which of the task's `examples.jsonl` (lines of `{"input", "output"}`) go into the prompt.

    `masked`, `skeleton` and `hypothetical` are for strategy `sql`, as is `same_difficulty`. `leave_one_out`: an example
    that is the question itself is not shown, so that the pool can be measured on itself.
    """

    selector: Selector = "none"
    k: int = Field(default=4, ge=0, le=100)
    max_tokens: int = Field(default=1000, ge=0)
    same_difficulty: bool = False
    leave_one_out: bool = False

    @property
    def by_schema(self) -> bool:
        """Whether they are chosen by what a schema says of the question."""
        return self.selector in ("masked", "skeleton", "hypothetical")


class Retrieval(_StrictModel):
    """How passages are found. What needs a generative model is off by default: `rewrite: model`, `expand`, `judge`.

    `dense_weight`: of the vectors against the words in `weighted` fusion, None for the tuned or packaged one.
    `rewrite`: a question made whole from the thread before it is searched. `queries`: of `multi_query` and `decompose`.
    `route` (experimental): search only the collections the question belongs to. `filters`: `tag:hr after:2025` in a
    question narrows. `rerank`: one after the other. `adapter` (experimental): the query's vector by the map of this
    name, as a rung of `cairn climb` learns it; true is the one that earlier versions kept. `parents`: of a found
    passage its whole section. `gap`: what follows a fall in score by more than this share is left out. `floor`: when
    the best passage's confidence (0 to 1) is below, nothing was found.
    """

    mode: RetrievalMode = "fused"
    fusion: Fusion = "weighted"
    dense_weight: float | None = Field(default=None, ge=0, le=1)
    k: int = Field(default=5, ge=1, le=100)
    max_tokens: int = Field(default=3000, ge=1)
    collections: list[str] | None = None
    rewrite: Rewrite = "none"
    expand: Expand = "none"
    queries: int = Field(default=3, ge=1, le=8)
    route: bool = False
    filters: bool = True
    rerank: list[Reranker] = []
    adapter: bool | Annotated[str, Field(pattern=r"^[0-9a-f]{12}-[0-9a-f]{12}$")] = False
    parents: bool = False
    gap: float | None = Field(default=None, gt=0, le=1)
    floor: float | None = Field(default=None, ge=0, le=1)


class Citations(_StrictModel):
    """What is done about an answer's statements, which are held against its passages.

    `check`: `rules` look for a statement's words in the passage, `judge` asks the model. `unverified`: statements that
    differ from their passage, or that the judge calls unsupported, are kept, marked or dropped. `only_documents`: no
    statement may stand without a passage.
    """

    check: Literal["none", "rules", "judge"] = "rules"
    unverified: Literal["keep", "mark", "drop"] = "mark"
    only_documents: bool = False


class Sql(_StrictModel):
    """`database` None: the only one there is; with several the model chooses.

    `linking`: of the schema only what the question needs; `auto` when it is larger than `schema_tokens`. `values`:
    hints such as "'Berlin' is in city.name". What follows needs a generative model and is off by default: `reason`
    (columns, then tables, then the query), `decompose` (by the question's class), `check_empty` (an empty result is
    looked at again).
    """

    database: str | None = None
    schema_tokens: int = Field(default=3000, ge=100)
    linking: Literal["off", "auto", "always"] = "auto"
    values: bool = True
    max_rows: int = Field(default=100, ge=1, le=10_000)
    repairs: int = Field(default=2, ge=0, le=10)
    reason: bool = False
    decompose: bool = False
    check_empty: bool = False


class Tries(_StrictModel):
    """Several tries at a question, `n` at the most, each with the task's own limits.

    `by`: the `answer` that most of them have stands, or the result of the query (`execution`); or the best one, by a
    `judge` (a model) or by the `checker` of that name; or all different ones, to choose from (`choice`). `adaptive`: no
    more are made than can turn that. `at_least`: the share that has to agree; with less there is no answer.
    """

    n: int = Field(default=1, ge=1, le=100)
    by: TriedBy = "answer"
    checker: str | None = None
    adaptive: bool = True
    at_least: float | None = Field(default=None, gt=0, le=1)


class Tree(_StrictModel):
    """Of strategy `tree`: breadth-first to `depth` steps, of each depth the `beam` best gone on with.

    `by`: one call writes up to `width` next steps (`propose`), or `width` calls one each (`sample`). Each is valued by
    `samples` verdicts on all steps up to it (`path`), or on itself alone (`last`), for steps that say all that is
    needed. `checker`: chooses among the answers from the steps kept at the end; None for the one from the best.
    """

    by: Literal["propose", "sample"] = "propose"
    width: int = Field(default=8, ge=1, le=100)
    beam: int = Field(default=5, ge=1, le=100)
    depth: int = Field(default=3, ge=1, le=20)
    samples: int = Field(default=3, ge=1, le=20)
    values: Literal["path", "last"] = "path"
    checker: str | None = None


class Reading(_StrictModel):
    """How a text larger than the window is read: in pieces of so many tokens, of each of which notes are taken."""

    piece_tokens: int = Field(default=3000, ge=100)
    note_tokens: int = Field(default=400, ge=50, le=4000)


class Pearl(_StrictModel):
    """Of strategy `pearl`. `actions`: each `NAME(CTX, ARGUMENT): what it does`, where CTX is the document; none are the
    packaged ones. `corrections`: how often a plan that is not in form goes back to the model.
    """

    actions: list[str] = []
    corrections: int = Field(default=3, ge=0, le=7)


class Reflect(_StrictModel):
    """An answer is looked at before it is given, at most `rounds` times: does it do what was asked, and what the
    `rubric` says? What is wrong is told to the model, which answers again. `model`: who looks; None for the same."""

    rounds: int = Field(default=0, ge=0, le=5)
    rubric: str = ""
    model: str | None = None


class Limits(_StrictModel):
    """Bounds of one run. At a limit the best answer so far is given and marked.

    `repeats`: how often a model may repeat a call it made already; `replans`: how often a plan may be made anew;
    `context`: tokens one model call may be sent, None for the `context_window` setting. `answer_tokens`: of one answer,
    thoughts included.
    """

    model_calls: int = Field(default=12, ge=1)
    tool_calls: int = Field(default=24, ge=0)
    tokens: int = Field(default=100_000, ge=1)
    seconds: float = Field(default=120, gt=0)
    repeats: int = Field(default=3, ge=1)
    replans: int = Field(default=2, ge=0, le=10)
    context: int | None = Field(default=None, ge=500)
    answer_tokens: int = Field(default=ANSWER_TOKENS, ge=1)


class Memory(_StrictModel):
    """How much of the thread goes into the prompt, in tokens; 0 forgets.

    `summary`: what no longer fits is kept as a running summary (needs a generative model). `facts`: so many of what is
    remembered of the user.
    """

    max_tokens: int = Field(default=2000, ge=0)
    summary: bool = False
    facts: int = Field(default=5, ge=0, le=50)


class FieldSpec(_StrictModel):
    """One typed field that the `extract` strategy fills; `labels` are what forms call it."""

    name: str = Field(pattern=r"^[^\W\d]\w*$")
    type: Literal["string", "number", "integer", "boolean", "date", "list"] = "string"
    description: str = ""
    labels: list[str] = []
    required: bool = False

    @property
    def told(self) -> str:
        """What a model is told of it."""
        return "; ".join(part for part in (self.description, " / ".join(self.labels)) if part)


class Task(_StrictModel):
    """A kind of question and how it is answered.

    `wording`: additions to the template's system message by name, and whether each is on (`prompts/wordings`).
    `constrained`: labels and fields are asked for by the best means that the model's server has, else as plain text.
    `many_rows`: strategy `extract` gives the fields of each thing of a kind that a text tells of, not of one.
    """

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")
    description: str = ""
    strategy: str = "direct"
    template: str = "default"
    wording: dict[str, bool] = {}
    constrained: bool = True
    tools: list[str] = []
    approve: list[str] = []
    model: str | None = None
    temperature: float | None = Field(default=None, ge=0, le=2)
    examples: Examples = Examples()
    retrieval: Retrieval = Retrieval()
    citations: Citations = Citations()
    sql: Sql = Sql()
    tries: Tries = Tries()
    tree: Tree = Tree()
    reading: Reading = Reading()
    pearl: Pearl = Pearl()
    reflect: Reflect = Reflect()
    limits: Limits = Limits()
    memory: Memory = Memory()
    labels: list[str] = []
    fields: list[FieldSpec] = []
    many_rows: bool = False
    _notices: tuple[str, ...] = PrivateAttr(())

    @property
    def notices(self) -> tuple[str, ...]:
        """What was left out of it: for whoever asks it, or looks at it."""
        return self._notices

    def patched(self, patch: Mapping[str, Any], where: str | None = None) -> Task:
        """This task with a patch on it: mappings merge, everything else replaces. Raises TaskError."""
        return parse_task(merged(self.model_dump(), patch), where or f"the patch of task {self.name!r}", self._notices)


def parse_task(data: Mapping[str, Any], where: str, notices: Iterable[str] = ()) -> Task:
    """A checked task, with `notices` and one more for each key that is `REMOVED`.

    Raises TaskError, one line for each thing that is wrong.
    """
    gone: list[str] = []
    try:
        task = Task.model_validate(_without_removed(data, where, gone))
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, part['loc'])) or 'task'}: {part['msg']}" for part in error.errors())
        raise TaskError(f"{where} is wrong: {wrong}.", "Correct it there.") from None
    task._notices = tuple(dict.fromkeys([*notices, *gone]))  # pyright: ignore[reportPrivateUsage] (this makes it)
    return task


def _without_removed(data: Mapping[str, Any], where: str, notices: list[str]) -> dict[str, Any]:
    kept = dict(data)
    for name, reason in REMOVED.items():
        part, key = name.split(".")
        if isinstance(there := kept.get(part), Mapping) and key in there:
            kept[part] = {other: value for other, value in there.items() if other != key}
            notices.append(f"`{name}` in {where} is no longer used: {reason}. The next version refuses it.")
    return _with_tries(kept, where, notices)


def _with_tries(data: dict[str, Any], where: str, notices: list[str]) -> dict[str, Any]:
    """`sql.candidates: 5` as it is written now."""
    if not isinstance(sql := data.get("sql"), Mapping) or "candidates" not in sql:
        return data
    count = sql["candidates"]
    notices.append(
        f"`sql.candidates` in {where} is now `tries: {{n: {count}, by: execution}}`; the next version refuses it."
    )
    asked = {"tries": {"n": count, "by": "execution"}} if count != 1 else {}
    return merged({**data, "sql": {key: value for key, value in sql.items() if key != "candidates"}}, asked)


def merged(base: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    """`base` with `patch` on it: mappings merge, everything else replaces."""
    result = dict(base)
    for key, value in patch.items():
        old = result.get(key)
        result[key] = merged(old, value) if isinstance(old, Mapping) and isinstance(value, Mapping) else value
    return result


def task_patch(settings: Sequence[str] = (), **fields: Any) -> dict[str, Any]:
    """The one way from what a user chose to a patch.

    Args:
        settings: Each `KEY=VALUE`, as `tries.n=5`; the value is YAML.
        fields: Fields of the task by their names. None is not chosen.

    Returns:
        What `Task.patched` takes; nothing chosen is an empty patch.

    Raises:
        UsageError: A setting can't be read, or contradicts another one.
    """
    patch: dict[str, Any] = {}
    for setting in settings:
        _put(patch, setting)
    return merged(patch, {name: value for name, value in fields.items() if value is not None})


def _put(patch: dict[str, Any], setting: str) -> None:
    key, equals, value = setting.partition("=")
    *path, last = key.strip().split(".")
    if not equals or not all([*path, last]):
        raise UsageError(f"{setting[:80]!r} is no change to a task.", "Write KEY=VALUE, as tries.n=5.")
    place = patch
    for name in path:
        place = place.setdefault(name, {})
        if not isinstance(place, dict):
            raise UsageError(f"{setting[:80]!r} contradicts another change.", "Name each setting once.")
    try:
        place[last] = yaml.safe_load(value)
    except (yaml.YAMLError, ValueError):
        raise UsageError(f"The value of {setting[:80]!r} can't be read.", "Put it in quotes.") from None
