"""Models from a file: what is said of files that are none."""

from __future__ import annotations

import os
import struct
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as tried
from hypothesis import strategies as st

from cairn.core.errors import SettingsError
from cairn.core.settings import Settings, load_settings
from cairn.models.gguf_file import knows_tools, window_of
from cairn.models.gguf_server import gguf_files
from cairn.models.model_registry import list_models, make_chat_model


@pytest.fixture(autouse=True)
def _installed() -> None:
    if find_spec("xllamacpp") is None and not os.environ.get("CI"):
        pytest.skip("xllamacpp is not installed: this test needs the extra `local`")


def text(value: str) -> bytes:
    return struct.pack("<Q", len(value)) + value.encode()


def header(window: int) -> bytes:
    """Of a model whose tokens stand before its window."""
    tokens = text("tokenizer.tokens") + struct.pack("<IIQ", 9, 8, 2) + text("a") + text("b")
    scores = text("tokenizer.scores") + struct.pack("<IIQff", 9, 6, 2, 0.5, 1)
    return (
        b"GGUF"
        + struct.pack("<IQQ", 3, 0, 3)
        + tokens
        + scores
        + text("llama.context_length")
        + struct.pack("<II", 4, window)
    )


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "small.gguf"
    path.write_bytes(header(2048))
    return path


def test_the_window_is_the_models_own_within_a_bound(model: Path, settings: Settings) -> None:
    assert make_chat_model(f"gguf:{model}", settings).takes == 2048
    model.write_bytes(header(131_072))
    assert window_of(model) == 4096, "a small model's"
    os.truncate(model, 1_000_000_000)
    assert window_of(model) == 8192
    assert make_chat_model(f"gguf:{model}", load_settings(settings.home, context_window=20_000)).takes == 20_000


@pytest.mark.parametrize(
    ("template", "known"), [("{{ messages }}", False), ("{% if tools %}{{ tools }}{% endif %}", None)]
)
def test_a_template_without_tools_is_known_before_any_call(
    model: Path, settings: Settings, template: str, known: bool | None
) -> None:
    entry = text("tokenizer.chat_template") + struct.pack("<I", 8) + text(template)
    model.write_bytes(header(2048).replace(struct.pack("<IQQ", 3, 0, 3), struct.pack("<IQQ", 3, 0, 4)) + entry)
    assert knows_tools(model) is known
    assert make_chat_model(f"gguf:{model}", settings).facts.tools is known


def test_a_file_without_a_template_says_nothing_of_tools(model: Path) -> None:
    assert knows_tools(model) is None and knows_tools(model.with_name("away.gguf")) is None


def test_a_file_that_is_not_there_or_of_another_format_is_told(model: Path, settings: Settings) -> None:
    with pytest.raises(SettingsError, match=r"no file .*away\.gguf"):
        make_chat_model(f"gguf:{model.with_name('away.gguf')}", settings)
    with pytest.raises(SettingsError, match=r"no file .*tuned\.gguf"):
        make_chat_model(f"gguf:{model}+{model.with_name('tuned.gguf')}", settings)
    model.write_text("no model")
    with pytest.raises(SettingsError, match="no GGUF file"):
        make_chat_model(f"gguf:{model}", settings)


def test_a_plus_parts_the_adapter_unless_it_is_in_the_files_own_name(model: Path) -> None:
    adapter = model.with_name("tuned.gguf")
    adapter.touch()
    assert gguf_files(f"gguf:{model}+{adapter}") == [model, adapter]
    named = model.rename(model.with_name("small+chat.gguf"))
    assert gguf_files(f"gguf:{named}") == [named]


def test_the_list_tells_of_the_file_in_use(model: Path, settings: Settings) -> None:
    using = settings.model_copy(update={"model": f"gguf:{model}"})
    (told,) = [info for info in list_models(using) if info.name.startswith("gguf:")]
    assert (told.name, told.usable, told.reason) == (f"gguf:{model}", True, "2,048 tokens at once")


@tried(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cut=st.integers(0, 120), rest=st.binary(max_size=200))
def test_a_damaged_file_is_an_error_or_a_window(tmp_path: Path, cut: int, rest: bytes) -> None:
    path = tmp_path / "damaged.gguf"
    path.write_bytes(header(2048)[:cut] + rest)
    try:
        assert 0 < window_of(path) <= 8192
    except SettingsError as error:
        assert str(path) in error.message
