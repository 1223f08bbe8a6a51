"""The server of a model's file: shared by the processes of a home, and gone with the last of them."""

from __future__ import annotations

import struct
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psutil
import pytest

from cairn.core.errors import ModelUnavailable
from cairn.core.settings import Home, load_settings
from cairn.models.gguf_process import ServerState, read_state
from cairn.models.gguf_server import GgufServer
from cairn.models.guarded_model import GuardedChatModel
from cairn.models.model_registry import make_chat_model
from cairn.ui.cli.run_doctor import doctor

_USER = """
import sys
from pathlib import Path
from cairn.models import gguf_server
gguf_server.LINGER_SECONDS = 1.0
print(gguf_server.gguf_server("m", [Path(sys.argv[1])], 512, Path(sys.argv[2])).running().pid, flush=True)
sys.stdin.read()
"""


@contextmanager
def user(gguf: Path, home: Home) -> Iterator[subprocess.Popen[str]]:
    """A process that uses the model until its standard input ends."""
    command = [sys.executable, "-c", _USER, str(gguf), str(home.root)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield process


def server_of(process: subprocess.Popen[str]) -> int:
    assert process.stdout
    return int(process.stdout.readline())


def state_of(home: Home) -> ServerState:
    (file,) = home.locks.glob("gguf-*.json")
    state = read_state(file)
    assert state
    return state


def small(gguf: Path, home: Home) -> GuardedChatModel:
    return make_chat_model(f"gguf:{gguf}", load_settings(home.root, context_window=512), 0, 8)


def test_processes_share_a_server_and_the_last_one_killed_ends_it(gguf: Path, home: Home) -> None:
    with ExitStack() as stack:
        users = [stack.enter_context(user(gguf, home)) for _ in range(3)]
        pids = {server_of(process) for process in users}
        assert len(pids) == 1
        server = psutil.Process(pids.pop())
        for process in users:
            process.kill()
    server.wait(timeout=60)
    assert list(home.locks.glob("gguf-*.json")) == []


def test_only_who_has_the_key_is_answered(gguf: Path, home: Home) -> None:
    with user(gguf, home) as process:
        server_of(process)
        (file,) = home.locks.glob("gguf-*.json")
        assert file.stat().st_mode & 0o077 == 0
        with pytest.raises(urllib.error.HTTPError, match="401"):
            urllib.request.urlopen(f"{state_of(home).address}/v1/models")
        assert state_of(home).key not in " ".join(psutil.Process(state_of(home).pid).cmdline())
        process.kill()


async def test_a_killed_server_is_started_again(gguf: Path, home: Home) -> None:
    model = small(gguf, home)
    assert (await model.ainvoke("Say a word.")).text
    first = state_of(home).pid
    psutil.Process(first).kill()
    psutil.Process(first).wait()
    assert (await model.ainvoke("Say a word.")).text
    assert state_of(home).pid != first


async def test_an_answer_is_streamed_counted_and_limited(gguf: Path, home: Home) -> None:
    model = small(gguf, home)
    chunks = [chunk async for chunk in model.astream("Count to a hundred.")]
    assert len([chunk for chunk in chunks if chunk.text]) > 1
    usage = chunks[-1].usage_metadata or next(chunk.usage_metadata for chunk in chunks if chunk.usage_metadata)
    assert usage["input_tokens"] > 8 >= usage["output_tokens"] > 0
    assert model.takes == 512


def test_a_file_that_is_not_whole_is_told_in_the_servers_words(gguf: Path, home: Home, tmp_path: Path) -> None:
    part = tmp_path / "part.gguf"
    part.write_bytes(gguf.read_bytes()[:5_000_000])
    with pytest.raises(ModelUnavailable, match=r"ended before it listened: .*corrupted or incomplete"):
        GgufServer("gguf:part.gguf", [part], 512, home.root).running()


def test_doctor_tells_window_and_speed(
    gguf: Path, home: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CAIRN_MODEL", f"gguf:{gguf}")
    with pytest.raises(SystemExit):
        doctor(None, as_json=False)
    told = capsys.readouterr().out
    assert "context window: 4096 tokens" in told
    assert "tokens read in a second" in told


async def test_an_adapter_changes_what_is_answered(gguf: Path, home: Home, tmp_path: Path) -> None:
    adapter = tmp_path / "tuned.gguf"
    adapter.write_bytes(noisy_adapter())
    plain = make_chat_model(f"gguf:{gguf}", load_settings(home.root, context_window=512), 0, 8)
    tuned = make_chat_model(f"gguf:{gguf}+{adapter}", load_settings(home.root, context_window=512), 0, 8)
    assert (await plain.ainvoke("Count.")).text != (await tuned.ainvoke("Count.")).text


def noisy_adapter() -> bytes:
    """LoRA's two matrices for the first layer's queries, of rank 1."""
    rows = 576
    values = [("general.type", "adapter"), ("general.architecture", "llama"), ("adapter.type", "lora")]
    head = b"".join(text(key) + struct.pack("<I", 8) + text(value) for key, value in values)
    head += text("adapter.lora.alpha") + struct.pack("<If", 6, 1.0)
    for number, (letter, shape) in enumerate([("a", (rows, 1)), ("b", (1, rows))]):
        head += text(f"blk.0.attn_q.weight.lora_{letter}") + struct.pack("<IQQIQ", 2, *shape, 0, number * rows * 4)
    whole = b"GGUF" + struct.pack("<IQQ", 3, 2, len(values) + 1) + head
    noise = [((n * 37) % 101 - 50) / 10 for n in range(2 * rows)]
    return whole + b"\0" * (-len(whole) % 32) + struct.pack(f"<{2 * rows}f", *noise)


def text(value: str) -> bytes:
    return struct.pack("<Q", len(value)) + value.encode()
