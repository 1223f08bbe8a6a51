"""Wishes about the memory, in so many words: remember that …, forget …, what do you know about me."""

from __future__ import annotations

import re
from collections.abc import Collection

from cairn.models.builtin.prompt_conversation import Call

_PLEASE = r"^\W*(?:(?:please|ok|and|also|can you|could you|i want you to)\W+)*"
_WISHES = {
    "remember": rf"{_PLEASE}(?:remember|keep in mind|(?:don['’]?t|do not|never) forget|make a note)\b(?! when| how)"
    r"(?: this)?(?: that)?\s*[:,]?\s*([^?？]{3,})$"
    r"|^\W*(?:请|麻烦)?(?:帮我)?(?:记住|记一下|记下|别忘了|不要忘记)[：:，,]?\s*([^?？]{2,})$",
    "forget": rf"{_PLEASE}forget\b(?: the fact)?(?: that)?\s*[:,]?\s*([^?？]{{3,}})$"
    r"|^\W*(?:请|麻烦)?(?:忘记|忘掉|忘了|不要再记)[：:，,]?\s*([^?？]{2,})$",
    "recall": r"^\W*what (?:do|did) you (?:know|remember|have stored) (?:about|of) me\W*$"
    r"|^\W*(?:关于我)?你(?:都)?(?:记得|知道|了解)(?:关于)?我?(?:的)?(?:什么|哪些(?:事情?)?)\W*$",
}


def memory_call(question: str, names: Collection[str]) -> Call | None:
    """The call that `question` wishes for, if that is all it is, and the tool is there."""
    for name, pattern in _WISHES.items():
        if name in names and (match := re.match(pattern, question.strip(), re.IGNORECASE)):
            fact = next(filter(None, match.groups()), "").strip(" .。!！")
            return Call("0_memory", name, {"query": ""} if name == "recall" else {"fact": fact})
    return None
