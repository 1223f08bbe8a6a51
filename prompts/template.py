"""Templates: Markdown with front matter, filled strictly, in one pass.

    ---
    role: You answer questions about a company's rules.
    statement: Answer from the passages only.
    experiment: 3
    ---
    {{context}}

    user:
    {{question}}

The front matter's `role`, `insight`, `statement` and `personality` (the CRISPE framework) open the system message. The
body follows; a line `user:` or `assistant:` alone begins a message of that role, as in Prompty. Where `{{question}}` is
not asked for, or no `user:` part is there, the question follows as the user's message. Only `{{identifier}}` is a
variable; `\\{{` stands for `{{` itself; anything else in double braces is an error that names its line. Values arrive
byte for byte: they are never read as a template.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import yaml
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage
from langchain_core.prompt_values import ChatPromptValue
from langchain_core.prompts.chat import BaseChatPromptTemplate
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from cairn.core.context_values import inside
from cairn.core.errors import TemplateError
from cairn.models.context_window import mark_filled

FRONT = re.compile(r"\A---[ \t]*\r?\n(.*?)^---[ \t]*(?:\r?\n|\Z)", re.S | re.M)
_ROLE_LINE = re.compile(r"^(system|user|assistant):[ \t]*$", re.M)
_TAG = re.compile(r"\\\{\{|\{\{([^\W\d]\w*)\}\}|\{\{")
_MESSAGE = {"system": SystemMessage, "user": HumanMessage, "assistant": AIMessage}
STEPS = Path(__file__).parent / "steps"


class FrontMatter(BaseModel):
    """The optional head of a template.

    `no_answer`: the sentences, one a language, by which it has the model decline; an evaluation counts an answer that
    begins with one as declined. `patch`: what of the task goes with it, unless something else is asked for.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    description: str = ""
    role: str = ""
    insight: str = ""
    statement: str = ""
    personality: str = ""
    experiment: int = Field(default=1, ge=1, le=9)
    patch: dict[str, Any] = {}
    no_answer: tuple[str, ...] = ()

    @field_validator("no_answer", mode="before")
    @classmethod
    def _several(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str) else value


@dataclass(frozen=True, slots=True)
class Part:
    role: str
    text: str


class Template(BaseChatPromptTemplate):
    """A parsed template; a LangChain chat prompt, so that it composes with what LangChain has.

    >>> from cairn import Template
    >>> Template.parse("Answer in {{language}}.").invoke({"language": "Chinese"}).to_string()
    'System: Answer in Chinese.'
    """

    title: str
    head: FrontMatter
    parts: tuple[Part, ...]
    hash: str

    @classmethod
    def parse(cls, text: str, name: str = "template") -> Template:
        """Read a template from its text.

        Args:
            text: Markdown with `{{variables}}`; front matter and lines `user:` as this module says.
            name: What errors call it.

        Returns:
            The template, which is not to be changed.

        Raises:
            TemplateError: It can't be read; the line is named.
        """
        return parse_template(text, name)

    def with_additions(self, additions: Sequence[Template]) -> Template:
        """The template with what others add to its system message: their roles before it, the rest behind it."""
        if not additions:
            return self
        roles = [other.head.role.strip() for other in additions]
        rest = [
            part.text.removeprefix(role).strip()
            for other, role in zip(additions, roles, strict=True)
            for part in other.parts
        ]
        own = [part.text for part in self.parts[:1] if part.role == "system"]
        system = Part("system", "\n\n".join(text for text in [*roles, *own, *rest] if text))
        parts = (system, *self.parts[len(own) :])
        whole = hashlib.sha256("\n".join([self.hash, *(other.hash for other in additions)]).encode())
        return self.model_copy(update={"parts": parts, "hash": whole.hexdigest()[:12]})

    def format_messages(self, **kwargs: Any) -> list[BaseMessage]:
        """The messages with every variable filled. Raises TemplateError that names missing and unknown variables."""
        self._check(kwargs)
        return [
            _MESSAGE[part.role](_fill(part.text, kwargs), additional_kwargs=_marks(part.text, kwargs))
            for part in self.parts
        ]

    def format_prompt(self, **kwargs: Any) -> ChatPromptValue:
        return ChatPromptValue(messages=self.format_messages(**kwargs))

    async def aformat_messages(self, **kwargs: Any) -> list[BaseMessage]:
        return self.format_messages(**kwargs)

    def pretty_repr(self, html: bool = False) -> str:
        return "\n\n".join(f"{part.role}:\n{part.text}" for part in self.parts)

    def _check(self, given: Mapping[str, Any]) -> None:
        known = set(self.input_variables)
        if missing := sorted(known - set(given)):
            raise TemplateError(
                f"Template {self.title!r} asks for {', '.join(missing)}, which nothing gives.",
                "Remove the variable from the template, or use a strategy that gives it.",
            )
        if unknown := sorted(set(given) - known):
            raise TemplateError(
                f"Template {self.title!r} has no place for {', '.join(unknown)}.",
                f"Write {' and '.join('{{' + name + '}}' for name in unknown)} where it belongs.",
            )


@lru_cache(maxsize=64)
def parse_template(text: str, name: str) -> Template:
    """Read a template, which is not to be changed. Raises TemplateError naming the line."""
    head, body, first_line = front_matter(text, name)
    parts = _parts(body, head, name, first_line)
    variables = {match[1] for part in parts for match in _TAG.finditer(part.text) if match[1]}
    if "stop" in variables:
        raise TemplateError(f"Template {name!r} has a variable `stop`, a name that is taken.", "Call it otherwise.")
    return Template(
        title=name,
        head=head,
        parts=tuple(parts),
        hash=hashlib.sha256(text.encode()).hexdigest()[:12],
        input_variables=sorted(variables),
    )


def front_matter(text: str, name: str) -> tuple[FrontMatter, str, int]:
    """The head, the body, and the line the body begins on."""
    match = FRONT.match(text)
    if match is None:
        return FrontMatter(), text, 1
    try:
        data = yaml.safe_load(match[1]) or {}
        head = FrontMatter.model_validate(data)
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'it'}: {e['msg']}" for e in error.errors())
        raise TemplateError(f"The front matter of template {name!r} is wrong: {wrong}.", "Correct it.") from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 2 if mark else 1
        raise TemplateError(f"Template {name!r}, line {line}: the front matter is not YAML.", "Correct it.") from None
    return head, text[match.end() :], text[: match.end()].count("\n") + 1


def _parts(body: str, head: FrontMatter, name: str, first_line: int) -> list[Part]:
    _refuse_other_tags(body, name, first_line)
    for field in ("role", "insight", "statement", "personality"):
        _refuse_other_tags(getattr(head, field), f"{name}: {field}", 1)
    pieces = _ROLE_LINE.split(body)
    opening = [getattr(head, field).strip() for field in ("role", "insight", "statement", "personality")]
    system = "\n\n".join(text for text in [*opening, pieces[0].strip()] if text)
    parts = [Part("system", system)] if system else []
    parts += [Part(role, text.strip()) for role, text in zip(pieces[1::2], pieces[2::2], strict=True)]
    return parts


def _refuse_other_tags(text: str, name: str, first_line: int) -> None:
    for match in _TAG.finditer(text):
        if match[0] == "{{":
            line = first_line + text[: match.start()].count("\n")
            tag = text[match.start() :].splitlines()[0][:40]
            raise TemplateError(
                f"Template {name!r}, line {line}: {tag!r} is not a variable.",
                r"Variables are written {{name}}; for braces themselves write \{{.",
            )


def _fill(text: str, values: Mapping[str, Any]) -> str:
    return _TAG.sub(lambda match: str(values[match[1]]) if match[1] else "{{", text)


def _marks(text: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """What was put into a part, for whoever has to leave something of it out."""
    return mark_filled({match[1]: str(values[match[1]]) for match in _TAG.finditer(text) if match[1]})


_own_steps: ContextVar[Path | None] = ContextVar("cairn_own_steps", default=None)


def steps_of(folder: Path) -> AbstractContextManager[None]:
    """Inside, a file `NAME.md` of the folder is the step `NAME` in place of the packaged one."""
    return inside(_own_steps, folder)


def step(name: str) -> Template:
    """The prompt of a helper question. Raises TemplateError for one of the home's own with other variables."""
    packaged = _packaged_step(name)
    folder = _own_steps.get()
    if folder is None or not (file := folder / f"{name}.md").is_file():
        return packaged
    own = parse_template(file.read_text("utf-8-sig"), f"steps/{name}")
    if own.input_variables != packaged.input_variables:
        raise TemplateError(
            f"{file} has the variables {', '.join(own.input_variables) or 'none'}.",
            f"The step {name} needs just these: {', '.join(packaged.input_variables)}.",
        )
    return own


@cache
def _packaged_step(name: str) -> Template:
    return parse_template((STEPS / f"{name}.md").read_text("utf-8"), f"steps/{name}")


@cache
def all_steps() -> tuple[Template, ...]:
    """Every packaged one."""
    return tuple(_packaged_step(path.stem) for path in sorted(STEPS.glob("*.md")))


def steps_digest(folder: Path) -> str | None:
    """Of the folder's own steps; None where it has none."""
    files = sorted(folder.glob("*.md")) if folder.is_dir() else []
    texts = [f"{file.name}\n{file.read_text('utf-8-sig')}" for file in files]
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()[:16] if texts else None
