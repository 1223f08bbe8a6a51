"""A model that judges answers: how it is asked, and how its words are read.

Its prompts are the templates `judge/NAME.md` in `prompts/library`; one of that name in the home's `prompts/judge` takes
a packaged one's place.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from langchain_core.language_models import BaseChatModel

from cairn.core import event_loop
from cairn.core.clean_text import clean
from cairn.core.errors import CairnError, ModelAnswerError, RequestRefused
from cairn.core.events import silent
from cairn.models.answer_forms import AnswerForm, bulleted, ending_in, verdicts_on
from cairn.models.constrained_output import text_in_form
from cairn.prompts.task_store import PromptStore

FOLDER = "judge"
_MOST_ITEMS = 40
_VERDICT = re.compile(r"^[^\w\n]*(\d+)[^\w\n]+(yes|no|是|否)\b[^\w\n]*(.*)$", re.IGNORECASE | re.MULTILINE)
_ITEM = re.compile(r"^[ \t]*(?:[-*•–]|\d{1,2}[.)、])[ \t]*(.+)$", re.MULTILINE)


class JudgeError(Exception):
    """The judge gave nothing that can be used; the message says why."""

    def raise_if_lasting(self) -> None:
        """Raises the cause, unless it says nothing of the next question."""
        cause = self.__cause__
        if isinstance(cause, CairnError) and not isinstance(cause, ModelAnswerError | RequestRefused):
            raise cause from None


class Judge:
    """Asks one model by templates. Safe to call from several threads; not from the event loop."""

    def __init__(self, model: BaseChatModel | None, prompts: PromptStore, folder: str = FOLDER) -> None:
        self._model = model
        self._prompts = prompts
        self._folder = folder

    @property
    def name(self) -> str:
        return getattr(self._model, "model_name", type(self._model).__name__)

    def ask(self, template: str, form: AnswerForm | None = None, **values: str) -> str:
        """What the model says to the template, asked for in the `form`. Raises JudgeError, TemplateError."""
        if (model := self._model) is None:
            raise JudgeError("there is no judge: set `judge` to a model's name")
        known = self._prompts.template(self._folder, template)
        messages = known.format_messages(**{key: clean(value) for key, value in values.items()})
        try:
            with silent():
                asking = text_in_form(model, form, lambda body: model.ainvoke(messages, **body))
                text = event_loop.wait(asking).strip()
        except CairnError as error:
            raise JudgeError(f"the judge failed: {error}") from error
        if not text:
            raise JudgeError("the judge said nothing")
        return text

    def items(self, template: str, **values: str) -> list[str]:
        """A list that the model writes, one item a line. Raises JudgeError for none."""
        text = self.ask(template, bulleted(_MOST_ITEMS), **values)
        found = [match[1].strip() for match in _ITEM.finditer(text)]
        if not found:
            raise JudgeError(f"the judge wrote no list: {text[:100]}")
        return found

    def verdicts(self, template: str, count: int, reasons: bool, **values: str) -> list[tuple[bool, str]]:
        """Yes or no, with `reasons`, for each of `count` numbered things. Raises JudgeError where one has none."""
        form = verdicts_on([str(number) for number in range(1, count + 1)], reasons)
        text = self.ask(template, form, **values)
        said = {int(match[1]): (match[2].casefold() in ("yes", "是"), match[3]) for match in _VERDICT.finditer(text)}
        if lacking := [number for number in range(1, count + 1) if number not in said]:
            raise JudgeError(f"the judge said nothing of {lacking[0]} of {count}: {text[:100]}")
        return [said[number] for number in range(1, count + 1)]

    def last(self, template: str, name: str, choices: Sequence[str], **values: str) -> tuple[str, str]:
        """The last of the choices that stands behind `name`, and all that was said before it. Raises JudgeError."""
        text = self.ask(template, ending_in(name, choices), **values)
        pattern = rf"{name}\W{{1,5}}({'|'.join(choices)})\b(?!\.\d)"
        found = list(re.finditer(pattern, text, re.IGNORECASE))
        if not found:
            raise JudgeError(f"the judge gave no verdict: {text[:100]}")
        return found[-1][1], text[: found[-1].start()].strip()


def numbered(texts: Sequence[str]) -> str:
    """`1. …`, each with its further lines indented, so that none can forge another's number."""
    return "\n\n".join(f"{number}. " + text.strip().replace("\n", "\n   ") for number, text in enumerate(texts, 1))
