"""Every call to a model is bounded, helpers' as well: its prompt fits the window, with the answer that is asked for.

The calls are found in the source, so that a new one fails here until it is listed with what exercises it; the listed
ones are made over HTTP with more than the window holds. Whatever is asked through the guard is bounded there, so no
model is made or asked beside it.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import cairn
from cairn.agents.service import Cairn
from cairn.core.clean_text import approximate_tokens
from cairn.core.settings import Home, load_settings
from cairn.evals.judge import Judge, JudgeError
from tests.server import Answer, Server, call

PRODUCT = (
    "agents",
    "chains",
    "core",
    "databases",
    "evals",
    "language",
    "memory",
    "models",
    "prompts",
    "retrieval",
    "tools",
    "ui",
)
ROOT = Path(cairn.__file__).parent.parent
WAYS = {
    *(
        "ainvoke",
        "invoke",
        "astream",
        "abatch",
        "agenerate",
        "astream_events",
        "create_agent",
        "with_structured_output",
    ),
    *("_agenerate", "_generate", "_astream", "_stream"),
}
OTHER_WAYS = {"stream", "batch", "generate", "inner"}
"""Of something called a model; what else there is by these names is no call of one."""
MAKERS = {"init_chat_model", "ChatOpenAI", "OpenAIModel", "BuiltinChatModel", "ReplayChatModel"}
NO_MODELS = {  # Runnables, tools, assistants, streams of bytes, and the models themselves
    "agents/assembly.py",
    "agents/plan/plan_scheduler.py",
    "agents/prompt_preview.py",
    "agents/task_tools.py",
    "agents/thread_context.py",
    "agents/threadless_run.py",
    "chains/tries/tried_answers.py",
    "models/openai_model.py",
    "models/replay.py",
    "retrieval/web_fetch.py",
    "tools/search_tool.py",
    "tools/tool_invocation.py",
    "ui/api/home_routes.py",
    "ui/api/unstored_answers.py",
    "ui/cli/run_search.py",
    "ui/web/document_search.py",
}
CALLS = {  # where a model is asked, and the questions below that come there
    "agents/plan/plan_model_calls.py": ("plan",),
    "agents/plan/plan_strategy.py": ("plan",),
    "agents/react.py": ("react",),
    "agents/react_text.py": ("react_text",),
    "agents/reading/map_reduce.py": ("map_reduce",),
    "chains/bounded_calls.py": (
        "expand",
        "rerank",
        "check",
        "rewrite",
        "summary",
        "decompose",
        "tries",
        "judged",
        "reflect",
        "tree",
    ),
    "chains/classify.py": ("classify",),
    "chains/direct.py": ("direct",),
    "chains/rag/__init__.py": ("expand",),
    "evals/judge.py": ("judge",),
    "models/constrained_output.py": ("classify", "extract"),
    "models/guarded_model.py": ("direct",),
    "ui/web/settings_page.py": ("direct",),
}
WINDOW = 1_024
LONG = "The harbour of Moorhaven opens at six, and its ferries carry horses, carts and people to the islands. "
QUESTION = "How many days of annual leave do employees have?"
QUESTIONS: dict[str, tuple[str, dict[str, Any]]] = {
    "direct": ("math", {"strategy": "direct"}),
    "classify": ("classify", {}),
    "extract": ("extract", {}),
    "react": ("assistant", {}),
    "react_text": ("documents", {"strategy": "react_text"}),
    "plan": ("plan", {}),
    "expand": ("documents", {"retrieval": {"expand": "multi_query"}}),
    "rewrite": ("documents", {"retrieval": {"rewrite": "model"}}),
    "rerank": ("documents", {"retrieval": {"rerank": ["judge"], "k": 20, "max_tokens": 9_000}}),
    "check": ("documents", {"citations": {"check": "judge"}}),
    "summary": ("math", {"memory": {"summary": True, "max_tokens": 200}}),
    "decompose": ("database", {"sql": {"decompose": True}}),
    "tries": ("database", {"tries": {"n": 2, "by": "execution"}}),
    "judged": ("math", {"strategy": "direct", "tries": {"n": 2, "by": "judge"}}),
    "map_reduce": ("read_whole", {"limits": {"model_calls": 500, "tokens": 2_000_000, "seconds": 600}}),
    "tree": ("math", {"strategy": "tree", "tree": {"depth": 1}}),
    "reflect": ("math", {"strategy": "direct", "reflect": {"rounds": 1}}),
}


@pytest.fixture
def app(home: Home, server: Server) -> Iterator[Cairn]:
    server.about_models = {"max_model_len": WINDOW}
    with Cairn(load_settings(home.root, model="openai:test-model", base_url=server.url, retries=0)) as opened:
        yield opened


def _names() -> Iterator[tuple[str, str]]:
    """Where in the product which name stands: of a variable, or behind a dot."""
    for path in sorted(path for folder in PRODUCT for path in (ROOT / folder).rglob("*.py")):
        place = path.relative_to(ROOT).as_posix()
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Name) and node.id in MAKERS:
                yield place, node.id
            elif isinstance(node, ast.Attribute):
                of_a_model = "model" in ast.unparse(node.value).casefold()
                yield place, node.attr if of_a_model or node.attr not in OTHER_WAYS else ""


def test_every_call_to_a_model_is_listed_here() -> None:
    found = {place for place, name in _names() if name in WAYS | OTHER_WAYS - {"inner"}}
    unlisted = found - NO_MODELS - CALLS.keys()
    assert not unlisted, f"{unlisted} may ask a model: list it in CALLS, with a question that comes there"
    assert {question for questions in CALLS.values() for question in questions} <= {*QUESTIONS, "judge"}


def test_no_model_is_made_or_asked_beside_the_guard() -> None:
    assert {place for place, name in _names() if name in MAKERS and not place.startswith("models/")} == set()
    reaches = {place for place, name in _names() if name == "inner" and not place.startswith("models/")}
    assert reaches == {"agents/question_preparation.py"}, "it reads how it was made"


def answer(request: dict[str, Any]) -> Answer:
    """Wordy, and a call of each tool at first."""
    said = json.dumps(request["messages"])
    if "1. tool(" in said or "numbered, then join()" in said:
        steps = f'1. search(query="leave")\n2. read(question="How many?", text="$1 {LONG * 100}")\njoin()'
        return LONG if "results of the steps" in said else steps
    if "Action Input" in said and "Observation" not in said:
        return 'Thought: look\nAction: search\nAction Input: {"query": "leave"}'
    if request.get("tools") and not any(message["role"] == "tool" for message in request["messages"]):
        return call("search", {"query": "annual leave"})
    return f"- 27 days [1].\n- {LONG * 3}"


def assert_bounded(requests: list[dict[str, Any]]) -> None:
    for request in requests:
        texts = [str(message["content"]) for message in request["messages"]]
        sent = sum(map(approximate_tokens, [*texts, *([json.dumps(request["tools"])] if "tools" in request else [])]))
        assert sent + request["max_tokens"] <= WINDOW, (sent, request["max_tokens"], texts[-1][:200])


@pytest.mark.parametrize("name", QUESTIONS)
def test_what_is_asked_fits_the_window(app: Cairn, server: Server, name: str) -> None:
    task, patch = QUESTIONS[name]
    server.answer = answer
    asked = f"{QUESTION} source:leave.md" if name == "map_reduce" else QUESTION  # which reads all that it may
    thread = app.ask(f"{LONG * 8}\n{asked}", task=task, patch=patch).thread
    for _ in range(3):
        app.ask(asked, task=task, thread=thread, patch=patch)
    assert server.count >= 4
    assert_bounded(server.requests)


def test_what_a_judge_is_asked_fits_the_window(app: Cairn, server: Server) -> None:
    server.answer = lambda _request: LONG
    judge = Judge(app.workspace.chat_model(None), app.prompts)
    assert judge.ask("relevant", question="?", answer=LONG.upper() * 40, passages=LONG * 90) == LONG.strip()
    with pytest.raises(JudgeError):
        judge.verdicts("supported", 2, True, statements="1. a\n2. b", passages=LONG * 90)
    assert server.count == 2
    assert_bounded(server.requests)
