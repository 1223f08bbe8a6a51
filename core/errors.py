"""Every error a user can meet. The message says what went wrong, the hint what to do about it.

CairnError                  exit code 1
├── UsageError              exit code 2: the question, a flag, a setting or a file of the user's is wrong
│   ├── SettingsError
│   │   └── KeyMissing      the chosen model needs a key, and none is set
│   ├── TaskError           an unknown task, a broken task.yaml
│   └── TemplateError       a template that can't be read or filled
├── ModelError
│   ├── ModelUnavailable    the server is away, overloaded or too slow
│   │   └── ModelPaused     nothing more came in the middle of an answer
│   ├── ModelRefused        unknown model, no quota: trying again is useless
│   │   ├── KeyRefused      a wrong key, or none
│   │   └── RequestRefused  this request alone is not allowed
│   │       └── PromptTooLong   more tokens than the model takes
│   └── ModelAnswerError    an answer that is cut, malformed or not an answer at all
│       └── NotRecorded     a recording does not have this prompt
├── StorageError            the app database, the catalog or an index
├── SourceError             a document that can't be read
├── DatabaseError           a registered database is away or refuses
├── ThreadBusy              another run is answering in this thread
└── ToolError               what a tool could not do; the model reads it as an observation
    └── SqlRefused          the guard does not allow this query
"""

from __future__ import annotations

from cairn.core.secrets import scrubbed


class CairnError(Exception):
    """Base of all errors that end at the edge as one line, without a traceback. No key or password gets into it.

    >>> import cairn
    >>> try:
    ...     cairn.assistant("moon")
    ... except cairn.CairnError as error:
    ...     print(error.kind, error.message)
    TaskError There is no task 'moon'.

    Args:
        message: What went wrong.
        hint: What to do about it.
    """

    exit_code = 1

    def __init__(self, message: str, hint: str | None = None) -> None:
        self.message = scrubbed(message)
        self.hint = scrubbed(hint) if hint else hint
        super().__init__(self.message)

    def __str__(self) -> str:
        return f"{self.message} {self.hint}" if self.hint else self.message

    @property
    def kind(self) -> str:
        return type(self).__name__


class UsageError(CairnError):
    exit_code = 2


class SettingsError(UsageError): ...


class KeyMissing(SettingsError):
    """`model`: the one that needs the key."""

    def __init__(self, message: str, hint: str | None = None, model: str = "") -> None:
        super().__init__(message, hint)
        self.model = model


class TaskError(UsageError): ...


class TemplateError(UsageError): ...


class ModelError(CairnError): ...


class ModelUnavailable(ModelError): ...


class ModelPaused(ModelUnavailable): ...


class ModelRefused(ModelError): ...


class KeyRefused(ModelRefused): ...


class RequestRefused(ModelRefused): ...


class PromptTooLong(RequestRefused):
    """`window`: how many tokens the model takes, where the server says so."""

    def __init__(self, message: str, hint: str | None = None, window: int | None = None) -> None:
        super().__init__(message, hint)
        self.window = window


class ModelAnswerError(ModelError): ...


class NotRecorded(ModelAnswerError): ...


class StorageError(CairnError): ...


class SourceError(CairnError): ...


class DatabaseError(CairnError): ...


class ThreadBusy(CairnError): ...


class Waiting(CairnError):
    """Nothing can go on before somebody has decided: no tool makes an observation of it."""


class ToolError(CairnError): ...


class SqlRefused(ToolError): ...
