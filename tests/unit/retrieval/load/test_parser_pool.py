from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from cairn.core.errors import CairnError, SourceError
from cairn.retrieval.load import Document, Job, ParseLimits, Parsers
from tests.unit.retrieval.load import files

MAIN = b'<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>%s</w:body></w:document>'
FINE = Job("fine", "fine.md", b"# Fine\n\nWords.\n")


def slow() -> Job:
    """Takes a parser of HTML minutes: the depth of its nesting squared."""
    return Job("slow", "slow.html", b"<html>" + b"<div>" * 300_000 + b"deep")


def outcome(job: Job, limits: ParseLimits | None = None) -> str:
    with Parsers(1, limits) as parsers:
        (_, parsed), (_, after) = parsers.map([job, FINE])
        assert isinstance(after, Document)
    assert isinstance(parsed, SourceError)
    assert parsed.hint
    return parsed.message


def children() -> list[psutil.Process]:
    """The parsers; other tests' processes may be there as well."""
    started = [child for child in psutil.Process().children() if child.is_running()]
    return [child for child in started if any("cairn.retrieval.load.parser_worker" in word for word in child.cmdline())]


def test_results_come_in_the_order_of_the_jobs_and_failures_with_their_job() -> None:
    jobs = [Job(str(number), f"{number}.md", b"" if number % 7 == 3 else b"Words %d." % number) for number in range(60)]
    with Parsers(2) as parsers:
        results = list(parsers.map(jobs))
    assert [job for job, _ in results] == jobs
    for number, (_, parsed) in enumerate(results):
        if number % 7 == 3:
            assert isinstance(parsed, SourceError) and "no text" in parsed.message
        else:
            assert isinstance(parsed, Document) and parsed.text == f"Words {number}."


def test_what_is_parsed_apart_is_what_is_parsed_here() -> None:
    from cairn.retrieval.load import load

    data = files.word()
    with Parsers(1) as parsers:
        assert parsers.parse(Job("x", "x.docx", data)) == load(data, "x.docx")


def test_jobs_are_drawn_only_a_few_ahead() -> None:
    drawn: list[int] = []

    def jobs() -> Iterator[Job]:
        for number in range(1000):
            drawn.append(number)
            yield FINE

    with Parsers(2) as parsers:
        results = parsers.map(jobs())
        next(results)
        assert len(drawn) <= 10


def test_large_jobs_are_drawn_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cairn.retrieval.load.parser_pool.MAX_BYTES", 10)
    drawn: list[int] = []

    def jobs() -> Iterator[Job]:
        for number in range(5):
            drawn.append(number)
            yield FINE

    with Parsers(2) as parsers:
        results = parsers.map(jobs())
        next(results)
        assert len(drawn) == 1
        assert len(list(results)) == 4


def test_a_document_that_takes_too_long_is_given_up_and_the_next_one_read() -> None:
    assert "takes longer than 0.3 seconds" in outcome(slow(), ParseLimits(seconds=0.3))


@pytest.mark.skipif(sys.platform != "linux", reason="memory is bounded on Linux only")
def test_a_small_document_that_becomes_gigabytes_ends_within_its_memory() -> None:
    swollen = files.replaced(files.word(), "word/document.xml", MAIN % (b"<w:p/>" * 4_000_000))
    assert len(swollen) < 400_000
    outcome(Job("x", "x.docx", swollen), ParseLimits(memory=200 << 20))


def test_zip_bombs_and_entity_bombs_are_refused() -> None:
    bomb = files.archive({"word/document.xml": bytes(450 << 20)})
    assert "450 MiB" in outcome(Job("x", "x.docx", bomb))
    entities = b'<!DOCTYPE b [<!ENTITY a "aaaaaaaaaa">%s]>' % b"".join(
        b'<!ENTITY a%d "%s">' % (n, b"&a%s;" % (str(n - 1).encode() if n else b"") * 10) for n in range(12)
    )
    main = entities + MAIN % b"<w:p><w:r><w:t>&a11;</w:t></w:r></w:p>"
    outcome(Job("x", "x.docx", files.replaced(files.word(), "word/document.xml", main)))


def test_a_text_that_is_too_long_is_refused() -> None:
    assert "too long" in outcome(Job("x", "x.txt", b"many words " * 100), ParseLimits(text=1000))


def test_a_parser_that_is_killed_fails_its_document_only() -> None:
    with Parsers(1) as parsers:
        assert isinstance(parsers.parse(FINE), Document)
        (child,) = children()
        results = parsers.map(kill_while_busy(child))
        (_, parsed), (_, after) = results
    assert isinstance(parsed, SourceError) and "broke down" in parsed.message
    assert isinstance(after, Document)


def kill_while_busy(child: psutil.Process) -> Iterator[Job]:
    yield slow()
    while child.cpu_times().user < 0.3:
        os.sched_yield()
    child.kill()
    yield FINE


def test_a_parser_that_was_killed_while_idle_is_replaced() -> None:
    with Parsers(1) as parsers:
        assert isinstance(parsers.parse(FINE), Document)
        (child,) = children()
        child.kill()
        psutil.wait_procs([child], timeout=10)
        assert isinstance(parsers.parse(FINE), Document)


def test_no_process_is_left_when_one_stops_in_the_middle() -> None:
    with Parsers(2) as parsers:
        next(parsers.map([FINE, slow(), slow()]))
        started = children()
        assert started
    assert not psutil.wait_procs(started, timeout=10)[1]
    with pytest.raises(CairnError):
        parsers.parse(FINE)


SCRIPT = """
import psutil
from cairn.retrieval.load import Job, Parsers
with Parsers(1) as parsers:
    jobs = [Job("a", "a.md", b"Words."), Job("b", "b.html", b"<html>" + b"<div>" * 300_000 + b"deep")]
    results = parsers.map(jobs)
    next(results)
    print(psutil.Process().children()[0].pid, flush=True)
    next(results)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_no_process_outlives_the_parent(how: signal.Signals) -> None:
    root = Path(__file__).parents[4]
    with subprocess.Popen(
        [sys.executable, "-c", SCRIPT], cwd=root, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as parent:
        assert parent.stdout is not None
        child = psutil.Process(int(parent.stdout.readline()))
        parent.send_signal(how)
        assert parent.wait(timeout=20) != 0
    assert not psutil.wait_procs([child], timeout=20)[1]


def test_no_key_and_no_setting_reaches_the_parsers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    with Parsers(1) as parsers:
        assert isinstance(parsers.parse(FINE), Document)
        (child,) = children()
        assert "sk-secret" not in child.environ().values()
