"""How many tokens a text costs a model: exact where tiktoken has the model's encoding and its file is there.

Counting never downloads: tiktoken fetches an encoding at its first use, and again when the cached file is damaged. So
it is asked only for files that are there and whole. `cairn models get tiktoken` fetches them.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import threading
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from langchain_core.messages import AIMessage, BaseMessage

from cairn.core.clean_text import approximate_tokens
from cairn.core.errors import ModelUnavailable
from cairn.models.token_ratios import TokenRatios

if TYPE_CHECKING:
    from tiktoken import Encoding

URL = "https://openaipublic.blob.core.windows.net/encodings/{}.tiktoken"
_O200K = ("o200k_base", "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d")
FILES = {  # encoding: its file and the file's SHA-256, as tiktoken_ext.openai_public has them
    "o200k_base": _O200K,
    "o200k_harmony": _O200K,
    "cl100k_base": ("cl100k_base", "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7"),
}
_VARIABLES = ("TIKTOKEN_CACHE_DIR", "DATA_GYM_CACHE_DIR")
_MESSAGE = 4  # tokens around each message (OpenAI cookbook, "How to count tokens with tiktoken")
_environment = threading.Lock()


@dataclass(frozen=True, slots=True)
class TokenCounter:
    """Counts as one model does: made where the model is known, and handed to whoever has a budget of tokens.

    `encoding` is tiktoken's name, `folder` the one that holds its file; without them counts are approximate, corrected
    by `ratios` as soon as the model's server has counted a prompt.
    """

    encoding: str | None = None
    folder: Path | None = None
    ratios: TokenRatios | None = None

    @property
    def exact(self) -> bool:
        """Whether counts are the model's own."""
        return self.encoding is not None

    def __str__(self) -> str:
        if self.encoding:
            return f"exactly ({self.encoding})"
        return "approximately, as learned from its server" if self.ratios else "approximately"

    def __call__(self, text: str) -> int:
        """The tokens of a text."""
        encoding = _loaded(self.encoding, self.folder) if self.encoding and self.folder else None
        if encoding is not None:
            return len(encoding.encode_ordinary(text))
        return self.ratios.tokens(text) if self.ratios else approximate_tokens(text)

    def messages(self, messages: Iterable[BaseMessage]) -> int:
        """The tokens of a prompt, with what separates its messages; tools are not in it."""
        texts = sent_texts(messages)
        if self.ratios and not self.exact:
            return self.ratios.message_tokens(texts)
        return sum(_MESSAGE + self(text) for text in texts)


APPROXIMATE = TokenCounter()


def token_counter(model: str, home: Path | None = None) -> TokenCounter:
    """The counter of a model.

    Args:
        model: Its name, as `openai:gpt-5-mini`, `ollama:gpt-oss:20b` or `gpt-4o`.
        home: The home folder, in which an encoding's file may be.
    """
    folders = [folder for folder in _folders(home) if folder.is_dir()]
    if not folders or (encoding := encoding_of(model)) is None:
        return APPROXIMATE
    folder = next((folder for folder in folders if _is_whole(folder, *FILES[encoding])), None)
    return TokenCounter(encoding, folder) if folder else APPROXIMATE


def counter_of(model: Any) -> TokenCounter:
    """The counter of a chat model; approximate for one that Cairn did not make."""
    return getattr(model, "counter", APPROXIMATE)


def encoding_of(model: str) -> str | None:
    """tiktoken's name of a model's encoding; None where it has none."""
    provider, colon, name = model.partition(":")
    if provider in ("builtin", "replay"):
        return None
    from tiktoken import encoding_name_for_model

    try:
        encoding = encoding_name_for_model(name.replace(":", "-") if colon else provider)
    except KeyError:
        return None
    return encoding if encoding in FILES else None


def get_encodings(models: Iterable[str], home: Path, tell: Callable[[str], None]) -> list[Path]:
    """Fetch the encodings of these models, each file whole or not at all.

    Args:
        models: Names of models; those without an encoding of tiktoken's are passed over.
        home: The home folder; the files are put there, where no variable of tiktoken's names another folder.
        tell: Is told what is fetched.

    Returns:
        The files, also those that were there already.

    Raises:
        ModelUnavailable: A file could not be fetched, is another one, or could not be written.
    """
    from tiktoken.load import read_file_cached

    folder = _folders(home)[0]
    files = dict.fromkeys(FILES[encoding] for model in models if (encoding := encoding_of(model)))
    for file, digest in files:
        url = URL.format(file)
        if not _is_whole(folder, file, digest):
            tell(f"Downloading {url}")
        try:
            with _looked_for_in(folder):
                read_file_cached(url, digest)
        except (OSError, ValueError) as error:  # no network, no right to write; another file
            raise ModelUnavailable(
                f"{url} could not be fetched into {folder}: {error}".rstrip(".") + ".",
                f"Without the network, put the file there by the name {_path(folder, file).name}, or let "
                f"{_VARIABLES[0]} name a folder in which it is.",
            ) from None
    return [_path(folder, file) for file, _ in files]


def sent_texts(messages: Iterable[BaseMessage]) -> list[str]:
    """What a server counts of each message."""
    return [_sent(message) for message in messages]


def _sent(message: BaseMessage) -> str:
    calls = message.tool_calls if isinstance(message, AIMessage) else []
    return message.text + "".join(call["name"] + json.dumps(call["args"], ensure_ascii=False) for call in calls)


def _folders(home: Path | None) -> list[Path]:
    """Where an encoding's file may be: where a variable says, else in the home, else where tiktoken puts it unasked."""
    named = next((os.environ[name] for name in _VARIABLES if name in os.environ), "")
    if named:
        return [Path(named)]
    return [*([home / "tiktoken"] if home else []), Path(tempfile.gettempdir()) / "data-gym-cache"]


@cache
def _loaded(name: str, folder: Path) -> Encoding | None:
    """None where the file has gone meanwhile: it would be fetched."""
    if not _is_whole(folder, *FILES[name]):
        return None
    from tiktoken import get_encoding

    with _looked_for_in(folder):
        return get_encoding(name)


@contextmanager
def _looked_for_in(folder: Path) -> Generator[None]:
    """tiktoken can be told its folder by the environment only."""
    with _environment:
        before = os.environ.get(_VARIABLES[0])
        os.environ[_VARIABLES[0]] = str(folder)
        try:
            yield
        finally:
            if before is None:
                del os.environ[_VARIABLES[0]]
            else:
                os.environ[_VARIABLES[0]] = before


def _is_whole(folder: Path, file: str, digest: str) -> bool:
    try:
        return hashlib.sha256(_path(folder, file).read_bytes()).hexdigest() == digest
    except OSError:
        return False


def _path(folder: Path, file: str) -> Path:
    """By tiktoken's own name of it."""
    return folder / hashlib.sha1(URL.format(file).encode(), usedforsecurity=False).hexdigest()
