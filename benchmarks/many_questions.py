"""What `cairn run` makes of a server's slots, what a question costs the processor, and what `kill -9` costs.

The server answers each question after two seconds, at most so many at once. First how near a run comes to the ideal of
questions times seconds over slots, its start included, with a server that never fails and with one that fails (5 % of
429, 1 % of 500, .5 % of cut connections, .2 % of answers that never come, given up after six seconds); beside it
LangChain's `abatch` over the same questions. CPU is that of the whole process, for `cairn run` less that of a run of
one question. Then a run that is killed (-9) three times and gone on with: what is lost, what is there twice, what was
sent again. Then answers that are known: seconds, and the most memory.

The server is a mock (`CAIRN_MOCK_OPENAI` names its file; it needs aiohttp and orjson): no language model took part.

    python -m benchmarks.many_questions [questions [slots [known answers [seconds an answer]]]]
"""

from __future__ import annotations

import asyncio
import importlib.util
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FAULTS = {"p429": 0.05, "p500": 0.01, "pdisc": 0.005}
STALLED = 0.002
TIMEOUT = 6
_MODEL = "openai:mock"


@dataclass(frozen=True)
class Run:
    """`cpu`: seconds of the processor, `memory`: bytes at the most."""

    seconds: float
    cpu: float
    memory: int
    code: int


def main() -> None:
    given = [float(argument) for argument in sys.argv[1:]]
    questions, slots, known, seconds = (*given, *(3000, 64, 100_000, 2.0)[len(given) :])
    with tempfile.TemporaryDirectory() as folder:
        measure(Path(folder), int(questions), int(slots), int(known), seconds)


def measure(folder: Path, questions: int, slots: int, known: int, seconds: float) -> None:
    """Print every figure."""
    file, ideal = _questions(folder / "questions.jsonl", questions), questions * seconds / slots
    start = cairn(folder / "start", _questions(folder / "one.jsonl", 1), slots, {}).cpu
    for name, faults in (("no faults", {}), ("faults", FAULTS)):
        settings = {**faults, "ttft_ms": seconds * 1e3, "slots": slots}
        out = folder / f"{name}.jsonl"
        run = cairn(folder / name, file, slots, settings, out)
        told = _told(f"cairn run, {name}", run.seconds, ideal, (run.cpu - start) / questions)
        print(f"{told}, {run.memory / 1e6:.0f} MB, {_whole(out, questions)}", flush=True)
        took, cpu, failed = abatch(file, slots, settings)
        print(f"{_told(f'abatch, {name}', took, ideal, cpu / questions)}, {failed} failed", flush=True)
    print(kills(folder, file, questions, slots, seconds, ideal), flush=True)
    if known:
        print(cached(folder, known), flush=True)


def _told(what: str, seconds: float, ideal: float, cpu: float) -> str:
    return f"{what}: {seconds:.1f} s, {ideal / seconds:.3f} of the ideal, {cpu * 1e3:.1f} ms CPU a question"


def cairn(home: Path, file: Path, slots: int, settings: Mapping[str, Any], out: Path | None = None) -> Run:
    """One run to its end against a server of its own."""
    with Mock(settings) as url:
        process = _start(home, url, file, slots, out or home.with_suffix(".out"))
        return _ended(process, time.perf_counter())


def _start(home: Path, url: str, file: Path, slots: int, out: Path) -> subprocess.Popen[bytes]:
    env = {
        **{name: value for name, value in os.environ.items() if not name.startswith("CAIRN_")},
        "CAIRN_HOME": str(home),
        "CAIRN_BASE_URL": url,
        "CAIRN_API_KEY": "none",
        "CAIRN_EMBEDDINGS": "hash",
        "CAIRN_TIMEOUT": str(TIMEOUT),
        "CAIRN_FIRST_TIMEOUT": str(TIMEOUT),
    }
    command = [sys.executable, "-m", "cairn", "run", str(file), "-m", _MODEL, "-j", str(slots), "--out", str(out)]
    return subprocess.Popen(command, env=env, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)


def _ended(process: subprocess.Popen[bytes], began: float) -> Run:
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    cpu = used.ru_utime + used.ru_stime
    return Run(time.perf_counter() - began, cpu, used.ru_maxrss * 1024, process.returncode)


def kills(folder: Path, file: Path, questions: int, slots: int, seconds: float, ideal: float) -> str:
    """Killed at a fifth, two and three fifths of the time, and gone on with to the end."""
    out, home = folder / "killed.jsonl", folder / "killed"
    with Mock({"ttft_ms": seconds * 1e3, "slots": slots}) as url:
        for _ in range(3):
            process = _start(home, url, file, slots, out)
            time.sleep(ideal / 5 + 3)
            process.kill()
            process.wait()
        run = _ended(_start(home, url, file, slots, out), time.perf_counter())
        sent = _get(f"{url}/../_stats")["requests"]
    again = f"{sent - questions} sent again (at most {3 * slots} were under way)"
    return f"killed three times: {_whole(out, questions)}, {again}, exit code {run.code}"


def _whole(out: Path, questions: int) -> str:
    """Whether each answer is there once, and is the one to its question."""
    lines = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    right = {
        line["line"] for line in lines if line["answer"] and f"answer {line['input']['number']}." in line["answer"]
    }
    return f"{questions - len(right)} lost, {len(lines) - len({line['line'] for line in lines})} twice"


def cached(folder: Path, known: int) -> str:
    """The answers are put where a run would have kept them."""
    from cairn.agents.answer_cache import ANY, AnswerCache, StoredAnswer
    from cairn.agents.question_engine import Asking, QuestionEngine
    from cairn.agents.question_files import read_questions
    from cairn.agents.question_queue import Item
    from cairn.agents.service import Cairn
    from cairn.core.settings import load_settings

    file, home = _questions(folder / "known.jsonl", known), folder / "start"
    with Mock({}) as url:
        times = {"timeout": TIMEOUT, "first_timeout": TIMEOUT}
        settings = load_settings(home, base_url=url, model=_MODEL, api_key="none", embeddings="hash", **times)
        text = (folder / "start.out").read_text("utf-8").partition(',"line"')[0] + "}"
        with Cairn(settings) as app:
            engine, cache = QuestionEngine(app, Asking(settings.task, model=_MODEL)), AnswerCache(home / "cache")
            found = engine._look_up(list(read_questions(file)))  # pyright: ignore[reportPrivateUsage]
            cache.store([StoredAnswer(item.key, ANY, text) for item in found if isinstance(item, Item)])
            cache.close()
        out = folder / "known.out"
        run = _ended(_start(home, url, file, 64, out), time.perf_counter())
        sent = _get(f"{url}/../_stats")["requests"]
    lines = len(out.read_bytes().splitlines())
    took = f"{run.seconds:.1f} s, {run.cpu:.1f} of them CPU, {run.memory / 1e6:.0f} MB at the most"
    return f"{lines:,} known answers: {took}, {sent} requests"


def abatch(file: Path, slots: int, settings: Mapping[str, Any]) -> tuple[float, float, int]:
    """LangChain's own way, in a process of its own: seconds, CPU, and how many failed."""
    with Mock(settings) as url:
        command = [sys.executable, "-m", "benchmarks.many_questions", "--abatch", url, str(file), str(slots)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    took, cpu, failed = json.loads(done.stdout.splitlines()[-1])
    return took, cpu, failed


def _abatch(url: str, file: str, slots: int) -> None:
    from langchain_openai import ChatOpenAI

    asked = [json.loads(line)["question"] for line in Path(file).read_text("utf-8").splitlines()]
    model = ChatOpenAI(model="mock", base_url=url, api_key="none", timeout=TIMEOUT)  # type: ignore[arg-type]

    async def all_of_them() -> list[Any]:
        return await model.abatch(asked, {"max_concurrency": slots}, return_exceptions=True)

    began, cpu = time.perf_counter(), time.process_time()
    answers = asyncio.run(all_of_them())
    failed = sum(isinstance(answer, BaseException) for answer in answers)
    print(json.dumps([time.perf_counter() - began, time.process_time() - cpu, failed]))


def _questions(file: Path, count: int) -> Path:
    with file.open("w", encoding="utf-8") as written:
        for number in range(count):
            written.write(json.dumps({"question": f"[[echo This is answer {number}.]]", "number": number}) + "\n")
    return file


class Mock:
    """The mock server in a process of its own, which stalls besides where it has faults."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self._settings = settings

    def __enter__(self) -> str:
        if not (program := os.environ.get("CAIRN_MOCK_OPENAI")):
            sys.exit("CAIRN_MOCK_OPENAI has to name the mock server's file.")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        command = [sys.executable, "-m", "benchmarks.many_questions", "--serve", program, str(port)]
        self._server = subprocess.Popen([*command, json.dumps(self._settings)], stderr=subprocess.DEVNULL)
        url = f"http://127.0.0.1:{port}"
        for _ in range(600):
            try:
                _get(f"{url}/v1/models")
                return f"{url}/v1"
            except OSError:
                time.sleep(0.05)
        raise TimeoutError(url)

    def __exit__(self, *_: object) -> None:
        self._server.kill()
        self._server.wait()


def _get(url: str) -> Any:
    with urllib.request.urlopen(url.replace("/v1/..", "")) as answer:
        return json.loads(answer.read())


def serve(program: str, port: int, settings: dict[str, Any]) -> None:
    """The mock server's own file, with stalls."""
    from aiohttp import web  # type: ignore[import-not-found]

    spec = importlib.util.spec_from_file_location("mock_openai", program)
    assert spec and spec.loader
    module: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    class Stalling(module.Mock):  # type: ignore[misc, name-defined]
        def error_for(self, request: Any, raw: bytes) -> str | None:
            if self.cfg["p429"] and self.rng.random() < STALLED:
                return "stall"
            return super().error_for(request, raw)

    web.run_app(Stalling(**settings).app(), host="127.0.0.1", port=port, print=None, access_log=None, backlog=4096)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--serve"]:
        serve(sys.argv[2], int(sys.argv[3]), json.loads(sys.argv[4]))
    elif sys.argv[1:2] == ["--abatch"]:
        _abatch(sys.argv[2], sys.argv[3], int(sys.argv[4]))
    else:
        main()
