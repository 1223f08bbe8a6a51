"""`cairn run`: many questions, an answer a line on standard output or in a file, progress on standard error."""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from functools import cache
from itertools import islice
from pathlib import Path
from typing import IO, Any

from cairn.agents.many_questions import Pull, sampled
from cairn.agents.question_engine import Asking, QuestionEngine
from cairn.agents.question_files import Asked, digest_of, read_questions
from cairn.agents.question_queue import Answered
from cairn.agents.service import Cairn
from cairn.core.answer import Answer
from cairn.core.clean_text import clean
from cairn.core.errors import UsageError
from cairn.core.secrets import scrubbed
from cairn.core.settings import load_settings
from cairn.evals.metrics.declining import is_declined, no_answer_sentences
from cairn.ui.cli.answer_file import AnswerFile
from cairn.ui.cli.flags import Many, approval
from cairn.ui.cli.terminal import StatusLine, duration, note, stopping

SOME_FAILED = 4
INTERRUPTED = 130


def run_many(home: Path | None, asked: Path, wanted: Many) -> None:
    """Exit code 0 when none failed, 4 when some did, 130 after Ctrl-C; what was answered is kept."""
    approve = approval(wanted.yes, wanted.no)
    limits = {"requests_per_minute": wanted.rpm, "tokens_per_minute": wanted.tpm}
    flags = {"model": wanted.model, "base_url": wanted.base_url, "temperature": wanted.temperature, **limits}
    with Cairn(load_settings(home, **flags)) as app, _file(asked) as path:
        total = sum(1 for _ in islice(read_questions(path), wanted.limit)) * wanted.samples
        file = AnswerFile(wanted.out) if wanted.out else None
        asking = Asking(
            task=wanted.task or app.settings.task,
            patch=wanted.changes(),
            model=wanted.model,
            at_once=wanted.at_once,
            in_order=wanted.in_order,
            approve=approve,
            run=digest_of(path),
            reuse=wanted.reuse,
            fresh=wanted.fresh,
            keep=wanted.keep,
            origin="terminal",
        )

        def questions() -> Iterator[Asked]:
            asked = sampled(islice(read_questions(path), wanted.limit), wanted.samples)
            return (each for each in asked if file is None or not file.has(each))

        if file:
            total -= file.check(sampled(islice(read_questions(path), wanted.limit), wanted.samples))
        engine = QuestionEngine(app, asking)
        progress = Progress(total, _declines(app))
        pull = Pull(engine.batches(questions()))
        try:
            with stopping(pull.stop), closing(iter(pull)) as batches:
                for batch in batches:
                    _write(batch, wanted.samples, file.append if file else _print)
                    progress.show(batch)
        finally:
            progress.end()
            if file:
                file.close()
    if pull.stopped:
        sys.exit(INTERRUPTED)
    sys.exit(SOME_FAILED if progress.failed else 0)


def _declines(app: Cairn) -> Callable[[Answer], bool]:
    """Whether an answer is none, as the metric `answered` counts it; each template is looked up once."""

    @cache
    def sentences(task: str | None, template: str | None) -> tuple[str, ...]:
        return no_answer_sentences(app.prompts, Answer(run=None, task=task, template=template))

    return lambda answer: is_declined(answer, sentences(answer.task, answer.template))


def _write(batch: list[Answered], samples: int, write: Callable[[str], None]) -> None:
    write("".join(f"{scrubbed(clean(line_of(each, samples)))}\n" for each in batch))


def line_of(answered: Answered, samples: int) -> str:
    """The answer's JSON, with the line that the question stands in and all that came with it."""
    more: dict[str, Any] = {"line": answered.asked.line}
    if samples > 1:
        more["sample"] = answered.asked.sample
    more["input"] = answered.asked.given
    return f"{answered.json[:-1]},{json.dumps(more, ensure_ascii=False)[1:]}"


def _print(text: str) -> None:
    """In UTF-8 whatever the terminal's encoding is (RFC 8259)."""
    sys.stdout.flush()
    sys.stdout.buffer.write(text.encode())
    sys.stdout.buffer.flush()


@contextmanager
def _file(questions: Path) -> Generator[Path]:
    """Standard input can be read once, and questions are gone through twice: it is put into a file."""
    if str(questions) != "-":
        yield questions
        return
    if sys.stdin is None or sys.stdin.isatty():
        raise UsageError("There are no questions on standard input.", "Pipe them in: cat questions.txt | cairn run -")
    with tempfile.NamedTemporaryFile(prefix="cairn-questions-") as spooled:
        target: IO[bytes] = spooled.file
        shutil.copyfileobj(sys.stdin.buffer, target)
        spooled.flush()
        yield Path(spooled.name)


class Progress:
    """`1,204 of 3,000, 2 failed, cost 0.41, 5 min left` on a terminal, and a summary at the end everywhere.

    `declines`: whether an answer is none.
    """

    def __init__(self, total: int, declines: Callable[[Answer], bool]) -> None:
        self._total = total
        self._declines = declines
        self._done = self._known = self._declined = self.failed = 0
        self._cost = 0.0
        self._tokens = [0, 0]
        self._began = time.monotonic()
        self._line = StatusLine()

    def show(self, batch: list[Answered]) -> None:
        """These are done; what failed is listed."""
        for each in batch:
            self._done += 1
            self._known += each.known
            self._cost += each.cost or 0.0
            self._tokens[0] += each.input_tokens or 0
            self._tokens[1] += each.output_tokens or 0
            if each.error:
                self.failed += 1
                self._line.clear()
                note(f"line {each.asked.line}: {each.error}")
            elif self._declines(each.answer):
                self._declined += 1
        self._line.draw(self.line())

    def line(self) -> str:
        """What is done, and how long the rest will take at the pace of what was really asked."""
        asked = self._done - self._known
        left = ""
        if asked:
            seconds = (time.monotonic() - self._began) / asked * (self._total - self._done)
            left = f", {duration(seconds)} left"
        return f"{self._done:,} of {self._total:,}{self._apart()}{self._spent()}{left}"

    def end(self) -> None:
        """The summary."""
        self._line.clear()
        known = f", {self._known:,} known already" if self._known else ""
        seconds = time.monotonic() - self._began
        answered = self._done - self._declined - self.failed
        if not self._total:
            note("Nothing is left to ask: every question is answered already.")
            return
        note(f"{answered:,} of {self._total:,} answered{self._apart()}{known}{self._spent()}, {duration(seconds)}.")
        if self.failed:
            note("What failed is asked again by the same command.")
        elif self._done < self._total:
            note("The same command goes on with the others.")

    def _apart(self) -> str:
        declined = f", {self._declined:,} declined" if self._declined else ""
        return declined + (f", {self.failed:,} failed" if self.failed else "")

    def _spent(self) -> str:
        tokens = f", {self._tokens[0]:,} + {self._tokens[1]:,} tokens" if any(self._tokens) else ""
        return tokens + (f", cost {self._cost:.4g}" if self._cost else "")
