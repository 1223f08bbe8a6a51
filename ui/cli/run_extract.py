"""`cairn extract`: typed rows out of documents, into a table that is a database of its own from then on."""

from __future__ import annotations

import json
import sys
from contextlib import closing
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from cairn.agents.document_table import DOCUMENTS, PLACES
from cairn.agents.many_questions import Pull
from cairn.agents.question_engine import Asking
from cairn.agents.service import Cairn
from cairn.agents.table_extraction import Read, TableExtraction
from cairn.core.settings import load_settings
from cairn.ui.cli.run_many import INTERRUPTED, SOME_FAILED
from cairn.ui.cli.terminal import StatusLine, note, stopping


@dataclass
class _Report:
    """What `--json` prints."""

    database: str
    file: str
    read: int = 0
    unchanged: int = 0
    rows: int = 0
    values: int = 0
    quoted: int = 0
    failed: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])

    def add(self, each: Read) -> None:
        self.unchanged += each.unchanged
        if each.error:
            self.failed.append((each.document, str(each.error)))
            note(f"{each.document}: {each.error}")
        elif each.stored:
            self.read += 1
            self.rows += each.stored.rows
            self.values += each.stored.values
            self.quoted += each.stored.quoted
            for text in each.notices:
                note(f"{each.document}: {text}")


def run_extract(
    home: Path | None, paths: list[str], into: str, asking: Asking, fresh: bool, as_json: bool, **settings: Any
) -> None:
    """Exit code 0 when all were read, 4 when some failed, 130 after Ctrl-C; what was read is kept."""
    with Cairn(load_settings(home, model=asking.model, **settings)) as app:
        extraction = TableExtraction(app, asking, into, fresh)
        report = _Report(into, str(extraction.table.file))
        pull, status = Pull(extraction.read(paths)), StatusLine()
        with stopping(pull.stop), closing(iter(pull)) as batches:
            for batch in batches:
                for each in batch:
                    report.add(each)
                status.draw(f"{report.read + report.unchanged:,} read, {len(report.failed)} failed")
        status.clear()
        app.workspace.databases.add(into, f"sqlite:///{extraction.table.file}", hidden=[DOCUMENTS, PLACES])
    sys.stdout.write((json.dumps(asdict(report), ensure_ascii=False, indent=1) if as_json else _told(report)) + "\n")
    sys.exit(INTERRUPTED if pull.stopped else SOME_FAILED if report.failed else 0)


def _told(report: _Report) -> str:
    lines = [
        f"{report.read} read, {report.unchanged} unchanged, {len(report.failed)} failed: {report.rows} rows.",
        f"{report.quoted} of {report.values} values stand in their document word for word.",
        f'Ask the table: cairn ask "…" --task database -p sql.database={report.database}',
    ]
    return "\n".join(lines)
