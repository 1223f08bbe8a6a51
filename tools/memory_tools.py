"""The tools of group `memory`: what the model remembers of the user, looks up and forgets."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from langchain_core.tools import BaseTool, StructuredTool

from cairn.core.clean_text import CJK, TokenCount, normalise
from cairn.core.errors import CairnError, ToolError
from cairn.core.events import emit
from cairn.core.recently_deleted import RecentlyDeleted
from cairn.core.task import Task
from cairn.memory.fact_store import Fact, Facts, Saved, only, origin
from cairn.tools.tool_home import ToolHome
from cairn.tools.tool_invocation import Said

NOTHING = "Nothing is remembered of the user yet."
_REPLACES = "If one of these is not true any more: `remember` the same fact again, with that one's id as `replaces`."
_MOST = 20
_NEAR = 3
_WORD = re.compile(rf"[{CJK}]|[^\W{CJK}]+(?:['’][^\W{CJK}]+)*")
_NO = re.compile(r"not|never|no|non|nor|neither|hardly|without|\w+n['’]t|cannot|[不没非别无未]")
_OWN: dict[str, Any] = {"side_effects": False, "untrusted": False}
_CHANGES: dict[str, Any] = {"side_effects": True, "untrusted": False}


def _is_not_the_users(arguments: Mapping[str, Any], said: Said) -> bool:
    """What the user has just said may be remembered without asking, whatever the run has read."""
    return bool(arguments.get("replaces")) or not _says(said.question, str(arguments.get("fact")))


def _says(question: str, fact: str) -> bool:
    """Whether `fact` stands in the question word for word, and no `not` right before it."""
    words, wanted = _WORD.findall(normalise(question)), _WORD.findall(normalise(fact))
    places = [n for n in range(len(words) - len(wanted) + 1) if words[n : n + len(wanted)] == wanted]
    return bool(wanted) and any(not any(map(_NO.fullmatch, words[max(0, n - 2) : n])) for n in places)


def memory_tools(home: ToolHome, _task: Task, _count: TokenCount) -> list[BaseTool]:
    """The group `memory` of a task."""
    return make_memory_tools(home.facts, RecentlyDeleted(home.settings.home, home.settings.user))


def make_memory_tools(facts: Facts, deleted: RecentlyDeleted) -> list[BaseTool]:
    """`remember`, `recall` and `forget` over one user's facts; what is forgotten is kept in `deleted` for a day.

    They raise ToolError.
    """

    def remember(fact: str, replaces: str = "") -> str:
        """Remember something about the user for all later conversations: a preference, a circumstance, a wish.

        Only what the user said, and only what will still matter another day. One thing at a time, as one short
        sentence in the user's own words, such as "I prefer metric units". No passwords, keys or numbers of cards.
        What is remembered stays until you say that it is replaced.

        Args:
            fact: What to remember.
            replaces: The id of a remembered fact that this makes untrue, such as "3f2a91bc", or its exact text.
        """
        if origin() is None:
            raise ToolError("Nothing is remembered here: this is no conversation.", "Answer without it.")
        try:
            saved = facts.add(fact, "model", _named(facts, replaces) if replaces.strip() else None)
        except CairnError as error:
            raise ToolError(error.message, error.hint) from error
        return f"{tell(saved)}{_others(facts, saved.fact)}"

    def recall(query: str) -> str:
        """Look up what is remembered of the user from earlier conversations: ids, days, facts.

        Args:
            query: What it is about, in a few words; empty for all.
        """
        found = facts.search(query, _MOST) if query.strip() else facts.list()[:_MOST]
        return "\n".join(fact.line for fact in found) or NOTHING

    def forget(fact: str) -> str:
        """Forget something about the user, because the user asks for it.

        Args:
            fact: Its id, as `recall` gives it, or its exact text.
        """
        if origin() is None:
            raise ToolError("Nothing is forgotten here: this is no conversation.", "Answer without it.")
        try:
            id = _named(facts, fact)
            text = facts.get(id).text
            for old in [one for one in deleted.old() if one.kind == "fact"]:
                deleted.forget(old.id)
            deleted.delete("fact", text, facts.kept_data(id), lambda: facts.forget(id))
            return f"Forgotten: {text}"
        except CairnError as error:
            raise ToolError(error.message, error.hint) from error

    return [
        StructuredTool.from_function(remember, metadata={**_CHANGES, "side_effects": _is_not_the_users}),
        StructuredTool.from_function(recall, metadata={**_OWN, "private": True}),
        StructuredTool.from_function(forget, metadata=_CHANGES),
    ]


def tell(saved: Saved) -> str:
    """What was done, for the model and for people; what was replaced is a notice as well."""
    if saved.known and not saved.replaced:
        return f"Known already: {saved.fact.text}"
    told = f"Remembered: {saved.fact.text}"
    if not saved.replaced:
        return told
    old = "; ".join(fact.text for fact in saved.replaced)
    emit("notice", {"text": f"{told} (replaces: {old})"})
    return f"{told} (replaces: {old})"


def _others(facts: Facts, fact: Fact) -> str:
    """What else is remembered that may concern the same thing, so that the model can say what is not true any more."""
    try:
        near = [other for other in facts.search(fact.text, _NEAR + 1) if other.id != fact.id][:_NEAR]
    except CairnError:  # it is remembered all the same
        return ""
    if not near:
        return ""
    lines = "\n".join(f"- {other.line}" for other in near)
    return f"\nAlso remembered:\n{lines}\n{_REPLACES}"


def _named(facts: Facts, wanted: str) -> str:
    """The id of the fact that is meant by its id or its text. Raises ToolError unless it is one."""
    held = facts.list()
    if not held:
        raise ToolError(NOTHING, "There is no fact that could be meant.")
    try:
        return only(held, wanted).id
    except CairnError:
        near = "; ".join(fact.line for fact in facts.search(wanted, 5))
        raise ToolError(f"No fact is called {wanted[:40]!r}. Remembered is: {near}.", "Name one by its id.") from None
