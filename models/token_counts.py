"""How many tokens a text costs: exact with tiktoken where its files already are, else about, never a download.

tiktoken fetches its encodings at their first use, and again when a cached file is damaged. So it is asked only when
the file is in its cache and whole.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from langchain_core.messages import AIMessage, BaseMessage

from cairn.core.clean_text import approximate_tokens

if TYPE_CHECKING:
    from tiktoken import Encoding

_URL = "https://openaipublic.blob.core.windows.net/encodings/{}.tiktoken"
_FILES = {  # encoding: its file and the file's SHA-256, as tiktoken_ext.openai_public has them
    "o200k_base": ("o200k_base", "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d"),
    "o200k_harmony": ("o200k_base", "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d"),
    "cl100k_base": ("cl100k_base", "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7"),
}
_MESSAGE = 4  # tokens around each message (OpenAI cookbook, "How to count tokens with tiktoken")


def count_tokens(text: str, model: str | None = None) -> int:
    """Tokens of `text` for `model` (`openai:gpt-5-mini`, `gpt-5-mini`); approximate unless `is_exact(model)`."""
    encoding = _encoding(model, _cache_folder())
    return approximate_tokens(text) if encoding is None else len(encoding.encode_ordinary(text))


def count_message_tokens(messages: Iterable[BaseMessage], model: str | None = None) -> int:
    """Tokens of a whole prompt, with what separates its messages; tools are not in it."""
    return sum(_MESSAGE + count_tokens(_sent(message), model) for message in messages)


def is_exact(model: str | None = None) -> bool:
    """Whether counts for `model` are the model's own."""
    return _encoding(model, _cache_folder()) is not None


def _sent(message: BaseMessage) -> str:
    calls = message.tool_calls if isinstance(message, AIMessage) else []
    return message.text + "".join(call["name"] + json.dumps(call["args"], ensure_ascii=False) for call in calls)


def _cache_folder() -> Path | None:
    """Where tiktoken looks: its own rule."""
    named = os.environ.get("TIKTOKEN_CACHE_DIR", os.environ.get("DATA_GYM_CACHE_DIR"))
    if named == "":
        return None
    return Path(named) if named else Path(tempfile.gettempdir()) / "data-gym-cache"


@cache
def _encoding(model: str | None, folder: Path | None) -> Encoding | None:
    if not model or folder is None or not folder.is_dir():
        return None
    from tiktoken import encoding_name_for_model, get_encoding

    try:
        name = encoding_name_for_model(model.removeprefix("openai:"))
    except KeyError:
        return None
    return get_encoding(name) if name in _FILES and _is_whole(folder, *_FILES[name]) else None


def _is_whole(folder: Path, file: str, digest: str) -> bool:
    path = folder / hashlib.sha1(_URL.format(file).encode(), usedforsecurity=False).hexdigest()
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest() == digest
    except OSError:
        return False
