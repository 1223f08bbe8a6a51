from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from langchain_core.messages import HumanMessage
from pytest_socket import disable_socket, enable_socket

from cairn.core.clean_text import approximate_tokens
from cairn.models import token_counts
from cairn.models.token_counts import count_message_tokens, count_tokens, is_exact

KEY = hashlib.sha1(b"https://openaipublic.blob.core.windows.net/encodings/o200k_base.tiktoken").hexdigest()


@pytest.mark.parametrize("model", [None, "builtin", "openai:gpt-5-mini", "ollama:qwen3:8b", "gpt-4o"])
def test_without_its_files_a_count_is_approximate_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, model: str | None
) -> None:
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path))
    disable_socket()
    try:
        assert not is_exact(model)
        assert count_tokens("How many orders? 多少订单", model) == approximate_tokens("How many orders? 多少订单")
    finally:
        enable_socket()


def test_a_damaged_file_is_neither_used_nor_fetched_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path))
    (tmp_path / KEY).write_bytes(b"IQ== 0\n")
    assert not is_exact("openai:gpt-5")
    assert (tmp_path / KEY).exists()


def test_a_whole_file_makes_counts_exact(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class TwoTokens:
        def encode_ordinary(self, text: str) -> list[int]:
            return [1, 2]

    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path))
    (tmp_path / KEY).write_bytes(b"the file")
    digest = hashlib.sha256(b"the file").hexdigest()
    monkeypatch.setitem(token_counts._FILES, "o200k_base", ("o200k_base", digest))
    monkeypatch.setattr("tiktoken.get_encoding", lambda name: TwoTokens())
    assert is_exact("openai:gpt-5")
    assert count_tokens("anything at all", "openai:gpt-5") == 2
    assert count_message_tokens([HumanMessage("a"), HumanMessage("b")], "openai:gpt-5") == 12
