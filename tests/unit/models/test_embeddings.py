from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cairn.core.errors import ModelUnavailable, SettingsError
from cairn.core.settings import Home, load_settings
from cairn.models.embedder import Embedder
from cairn.models.embeddings import INSTRUCTION, HashedEmbeddings, NamedEmbeddings, make_embeddings, prefixes_of
from cairn.models.minilm import MiniLM, download_minilm

HASHED = HashedEmbeddings()


@pytest.fixture(scope="module")
def minilm() -> MiniLM:
    folder = os.environ.get("CAIRN_TEST_MINILM")
    if folder is None:
        pytest.skip("CAIRN_TEST_MINILM is not set: this test needs the folder with MiniLM's ONNX files")
    return MiniLM(Path(folder))


@pytest.fixture
def no_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def similarity(embedder: Embedder, one: str, other: str) -> float:
    return float(np.dot(embedder.embed_query(one), embedder.embed_query(other)))


@pytest.mark.parametrize(
    ("text", "near", "far"),
    [
        ("parental leave", "How much leave do parents get?", "The printer is out of paper."),
        ("年假有几天", "员工每年享有十五天带薪年假。", "打印机没有纸了。"),
        ("зарплата сотрудника", "Когда сотрудники получают зарплату?", "Принтер сломан."),
    ],
)
def test_hash_finds_shared_words_in_any_language(text: str, near: str, far: str) -> None:
    assert HASHED.covers(text)
    assert similarity(HASHED, text, near) > similarity(HASHED, text, far) + 0.1


@given(st.text(max_size=100))
def test_hash_gives_a_unit_vector_for_any_text(text: str) -> None:
    assert np.linalg.norm(HASHED.embed_query(text)) == pytest.approx(1.0, abs=1e-5)


def test_hash_is_the_same_in_every_process() -> None:
    code = "from cairn.models.embeddings import *; print(HashedEmbeddings().embed_query('same words')[:50])"
    there = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert there.strip() == str(HASHED.embed_query("same words")[:50])


def test_minilm_knows_meaning_and_its_limits(minilm: MiniLM) -> None:
    assert similarity(minilm, "holiday", "vacation") > similarity(minilm, "holiday", "printer") + 0.2
    assert minilm.covers("How long is it? Ünal, naïve, 42") and minilm.covers("42")
    assert not minilm.covers("什么是 RAG pipeline")
    assert not minilm.covers("Привет")


def test_minilm_gives_each_text_its_own_vector_whatever_the_batch(minilm: MiniLM) -> None:
    texts = ["short", "a much longer text " * 60, "", "中文", "\ud800", "medium sized text here"]
    together = np.array(minilm.embed_documents(texts))
    alone = np.array([minilm.embed_query(text) for text in texts])
    assert together.shape == (6, 384)
    assert np.linalg.norm(together, axis=1) == pytest.approx(np.ones(6), abs=1e-5)
    assert (together * alone).sum(axis=1).min() > 0.95  # int8 weights quantise each batch by itself
    assert minilm.embed_documents([]) == []


def test_auto_takes_minilm_where_it_is_and_hash_where_it_is_not(home: Home, minilm: MiniLM, no_cache: Path) -> None:
    assert make_embeddings(load_settings(home.root, embeddings="auto")).fingerprint == HASHED.fingerprint
    with_folder = load_settings(home.root, embeddings="auto", minilm_dir=minilm._folder)  # pyright: ignore[reportPrivateUsage]
    assert make_embeddings(with_folder).fingerprint == minilm.fingerprint != HASHED.fingerprint


@pytest.mark.parametrize(
    ("name", "said"), [("minilm", "MiniLM's files are not in"), ("nonsense", "no embeddings 'nonsense'")]
)
def test_what_is_not_there_is_said(home: Home, no_cache: Path, name: str, said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        make_embeddings(load_settings(home.root, embeddings=name))


def test_broken_model_files_are_a_setting_that_is_wrong(tmp_path: Path) -> None:
    for name in ("model.onnx", "tokenizer.json"):
        (tmp_path / name).write_text("{}")
    with pytest.raises(SettingsError, match="can't be used"):
        MiniLM(tmp_path).embed_query("a")


def test_a_download_without_a_network_says_where_to_put_the_files(no_cache: Path) -> None:
    with pytest.raises(ModelUnavailable, match=r"model\.onnx and tokenizer\.json"):
        download_minilm()


def test_a_provider_is_named_and_its_failure_is_ours(home: Home) -> None:
    settings = load_settings(
        home.root, embeddings="openai:some-model", embeddings_base_url="http://127.0.0.1:9/v1", api_key="k"
    )
    embedder = make_embeddings(settings)
    assert isinstance(embedder, NamedEmbeddings)
    assert embedder.fingerprint == "openai:some-model@http://127.0.0.1:9/v1"
    with pytest.raises(ModelUnavailable, match="openai:some-model"):
        embedder.embed_query("words")


@pytest.mark.parametrize(
    ("name", "query", "passage"),
    [
        ("ollama:multilingual-e5-small", "query: ", "passage: "),
        ("openai:intfloat/e5-base-v2", "query: ", "passage: "),
        ("openai:intfloat/multilingual-e5-large-instruct", INSTRUCTION, ""),
        ("openai:BAAI/bge-small-en-v1.5", "Represent this sentence for searching relevant passages: ", ""),
        ("openai:BAAI/bge-base-zh-v1.5", "为这个句子生成表示以用于检索相关文章：", ""),
        ("openai:BAAI/bge-m3", "", ""),
        ("openai:text-embedding-3-small", "", ""),
        ("openai:bridge5-large", "", ""),
    ],
)
def test_a_model_gets_the_prefixes_that_it_was_trained_with(name: str, query: str, passage: str) -> None:
    assert prefixes_of(name) == (query, passage)


def test_prefixes_are_sent_and_the_settings_replace_those_of_the_name(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[Any] = []
    monkeypatch.setattr(NamedEmbeddings, "_call", lambda *given: sent.append(given[-1]))  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]
    by_name = make_embeddings(load_settings(home.root, embeddings="openai:e5-small"))
    set_ = {"embeddings_query_prefix": "", "embeddings_passage_prefix": "p: "}
    by_setting = make_embeddings(load_settings(home.root, embeddings="openai:e5-small", **set_))
    for embedder in (by_name, by_setting):
        embedder.embed_query("a")
        embedder.embed_documents(["b"])
    assert sent == ["query: a", ["passage: b"], "a", ["p: b"]]
    assert by_name.fingerprint != by_setting.fingerprint, "their vectors don't mix"
