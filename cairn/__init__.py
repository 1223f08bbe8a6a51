"""A chat over your documents and databases that you can measure, and improve one measured step at a time.

    >>> import cairn
    >>> cairn.ask("What is 6 * 7?").answer
    '6 * 7 = **42**'

What is named here is for programs of one's own (docs/library.md); each is imported when it is first used.
"""

from importlib import import_module as _import_module
from pathlib import Path as _Path
from typing import TYPE_CHECKING

__version__ = "0.1.0"

__all__ = [
    "Answer",
    "Answered",
    "Assistant",
    "Cairn",
    "CairnError",
    "CairnRetriever",
    "Case",
    "Event",
    "ExampleSelector",
    "Filters",
    "Metric",
    "Plugin",
    "Reply",
    "Report",
    "Score",
    "Settings",
    "Task",
    "Template",
    "arun",
    "ask",
    "assistant",
    "calculator",
    "chat_model",
    "count_tokens",
    "embeddings",
    "evaluate",
    "load_settings",
    "register",
    "retriever",
    "run",
    "search_tool",
    "sql_tools",
    "web_tools",
]

# In a checkout the packages are folders at its top, and links here name them. Where a checkout can't have links (git on
# Windows without developer mode), they are found beside this folder. Installed, they are real folders here.
if not (_Path(__file__).parent / "core").is_dir():
    __path__.append(str(_Path(__file__).parents[1]))

if TYPE_CHECKING:
    from cairn.agents.assembly import Assistant as Assistant
    from cairn.agents.many_questions import arun as arun
    from cairn.agents.many_questions import run as run
    from cairn.agents.program_interface import ask as ask
    from cairn.agents.program_interface import assistant as assistant
    from cairn.agents.program_interface import calculator as calculator
    from cairn.agents.program_interface import chat_model as chat_model
    from cairn.agents.program_interface import count_tokens as count_tokens
    from cairn.agents.program_interface import embeddings as embeddings
    from cairn.agents.program_interface import retriever as retriever
    from cairn.agents.program_interface import search_tool as search_tool
    from cairn.agents.program_interface import sql_tools as sql_tools
    from cairn.agents.program_interface import web_tools as web_tools
    from cairn.agents.question_queue import Answered as Answered
    from cairn.agents.service import Cairn as Cairn
    from cairn.core.answer import Answer as Answer
    from cairn.core.errors import CairnError as CairnError
    from cairn.core.events import Event as Event
    from cairn.core.filters import Filters as Filters
    from cairn.core.registry import Plugin as Plugin
    from cairn.core.registry import register as register
    from cairn.core.settings import Settings as Settings
    from cairn.core.settings import load_settings as load_settings
    from cairn.core.strategy import Reply as Reply
    from cairn.core.task import Task as Task
    from cairn.evals.cases import Case as Case
    from cairn.evals.eval_report import Report as Report
    from cairn.evals.metrics import Metric as Metric
    from cairn.evals.metrics import Score as Score
    from cairn.evals.set_evaluation import evaluate as evaluate
    from cairn.prompts.example_selectors import ExampleSelector as ExampleSelector
    from cairn.prompts.template import Template as Template
    from cairn.retrieval.retriever import CairnRetriever as CairnRetriever
else:
    _NAMES = {
        "agents.assembly": "Assistant",
        "agents.many_questions": "arun run",
        "agents.program_interface": "ask assistant calculator chat_model count_tokens embeddings retriever search_tool "
        "sql_tools web_tools",
        "agents.question_queue": "Answered",
        "agents.service": "Cairn",
        "core.answer": "Answer",
        "core.errors": "CairnError",
        "core.events": "Event",
        "core.filters": "Filters",
        "core.registry": "Plugin register",
        "core.settings": "Settings load_settings",
        "core.strategy": "Reply",
        "core.task": "Task",
        "evals.cases": "Case",
        "evals.eval_report": "Report",
        "evals.metrics": "Metric Score",
        "evals.set_evaluation": "evaluate",
        "prompts.example_selectors": "ExampleSelector",
        "prompts.template": "Template",
        "retrieval.retriever": "CairnRetriever",
    }
    _MODULES = {name: f"cairn.{module}" for module, names in _NAMES.items() for name in names.split()}

    def __getattr__(name: str) -> object:
        """Hidden from type checkers, which would take any name for one that is there."""
        if name not in _MODULES:
            raise AttributeError(f"module 'cairn' has no attribute {name!r}")
        globals()[name] = found = getattr(_import_module(_MODULES[name]), name)
        return found

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
