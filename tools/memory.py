"""The tools of group `memory`: what the model remembers of the user, looks up and forgets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from langchain_core.tools import BaseTool, StructuredTool

from cairn.errors import CairnError, ToolError
from cairn.events import emit
from memory.contradictions import compare
from memory.facts import Fact, Facts, Saved, place
from memory.statements import says
from tools.calling import Said

NOTHING = "Nothing is remembered of the user yet."
_MOST = 20
_OWN: dict[str, Any] = {"side_effects": False, "untrusted": False}
_CHANGES: dict[str, Any] = {"side_effects": True, "untrusted": False}


def _is_not_the_users(arguments: Mapping[str, Any], said: Said) -> bool:
    """What the user has just said may be remembered without asking, whatever the run has read."""
    return bool(arguments.get("replaces")) or not says(said.question, str(arguments.get("fact")))


def make_memory_tools(facts: Facts) -> list[BaseTool]:
    """`remember`, `recall` and `forget` over one user's facts. They raise ToolError."""

    def remember(fact: str, replaces: str = "") -> str:
        """Remember something about the user for all later conversations: a preference, a circumstance, a wish.

        Only what the user said, and only what will still matter another day. One thing at a time, as one short
        sentence in the user's language, such as "prefers metric units". No passwords, keys or numbers of cards.

        Args:
            fact: What to remember.
            replaces: The id of a remembered fact that is not true any more, if this takes its place.
        """
        if place() is None:
            raise ToolError("Nothing is remembered here: this is no conversation.", "Answer without it.")
        try:
            saved = facts.add(fact, "model", replaces.strip() or None)
        except CairnError as error:
            raise ToolError(error.message, error.hint) from error
        return tell(saved)

    def recall(query: str) -> str:
        """Look up what is remembered of the user from earlier conversations.

        Args:
            query: What it is about, in a few words; empty for all.
        """
        found = facts.search(query, _MOST) if query.strip() else facts.list()[:_MOST]
        return "\n".join(map(describe, found)) or NOTHING

    def forget(fact: str) -> str:
        """Forget something about the user for ever, because the user asks for it.

        Args:
            fact: Its id, as `recall` gives it, or its words.
        """
        if place() is None:
            raise ToolError("Nothing is forgotten here: this is no conversation.", "Answer without it.")
        try:
            return f"Forgotten: {facts.forget(_named(facts, fact)).text}"
        except CairnError as error:
            raise ToolError(error.message, error.hint) from error

    return [
        StructuredTool.from_function(remember, metadata={**_CHANGES, "side_effects": _is_not_the_users}),
        StructuredTool.from_function(recall, metadata=_OWN),
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


def describe(fact: Fact) -> str:
    return f"[{fact.id[:8]}] {fact.text}"


def _named(facts: Facts, wanted: str) -> str:
    """The id of the fact that is meant. Raises ToolError unless it is one."""
    said = wanted.strip().strip("[]").casefold()
    held = facts.list()
    by_id = [fact for fact in held if len(said) >= 6 and fact.id.startswith(said)]
    found = by_id or [fact for fact in held if compare(fact.text, wanted) == "same"]
    found = found or [fact for fact in held if said and said in fact.text.casefold()]
    if len(found) == 1:
        return found[0].id
    if not held:
        raise ToolError(NOTHING, "There is nothing to forget.")
    near = "; ".join(map(describe, found[:_MOST] or facts.search(wanted, 5)))
    raise ToolError(f"It is not clear which fact is meant. Remembered is: {near}.", "Name one by its id.")
