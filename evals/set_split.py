"""A question set in two parts: one to tune on, and one that is looked at once, at the end.

Cases of one group go to one part, since they give each other away; of each label, tag or difficulty both parts have
their share. The same seed splits the same set in the same way.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from cairn.core.errors import UsageError
from cairn.evals.case_reading import read_case
from cairn.evals.cases import Case
from cairn.evals.set_formats import Row, read_rows, write_rows


def split_set(
    path: Path, share: float, seed: int, out: Path | None = None
) -> tuple[tuple[Path, int], tuple[Path, int]]:
    """Write `NAME.tuning` and `NAME.held-out` in the set's own format, beside it or in the folder `out`.

    Args:
        path: The set.
        share: How much of it is held out, between 0 and 1.
        seed: Which of all such splits.
        out: The folder for the two files.

    Returns:
        Both files, and how many cases each has; the one for tuning first.

    Raises:
        UsageError: The set can't be read or split, or a file is there already.
        StorageError: A file can't be written.
    """
    rows = list(read_rows(path))
    cases = [read_case(row, str(number)) for number, row in enumerate(rows, 1)]
    held = held_out(cases, share, seed)
    if not 0 < len(held) < len(cases):
        raise UsageError(
            f"{path} can't be split: all of its {len(cases)} cases would be in one part.",
            "It needs two groups at least, and a share that leaves both parts some.",
        )
    files: list[tuple[Path, int]] = []
    for name in ("tuning", "held-out"):
        part = [
            _with_id(row, case)
            for row, case in zip(rows, cases, strict=True)
            if (case.id in held) == (name != "tuning")
        ]
        file = (out or path.parent) / f"{path.stem}.{name}{path.suffix}"
        if file.exists():
            raise UsageError(f"{file} is there already.", "Take it away, or name another folder with --out.")
        files.append((file, len(part)))
        write_rows(file, part, like=path)
    return files[0], files[1]


def held_out(cases: Sequence[Case], share: float, seed: int) -> frozenset[str]:
    """The ids of the part that is held out: whole groups, of each stratum about `share` of its cases."""
    strata: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    stratum_of: dict[str, str] = {}
    for case in cases:
        group = f"group {case.group}" if case.group else f"case {case.id}"
        stratum = stratum_of.setdefault(group, _stratum(case))
        strata[stratum][group].append(case.id)
    chance = random.Random(seed)  # noqa: S311 (no secret)
    held: set[str] = set()
    wanted = 0.0
    for _, groups in sorted(strata.items()):
        names = sorted(groups)
        chance.shuffle(names)
        wanted += share * sum(map(len, groups.values()))
        for name in names:
            if len(held) + len(groups[name]) / 2 <= wanted:
                held.update(groups[name])
    return frozenset(held)


def _stratum(case: Case) -> str:
    """What both parts are to have their share of; a group has its first case's."""
    return case.label or (case.tags[0] if case.tags else None) or ("refuse" if case.refuse else case.difficulty) or ""


def _with_id(row: Row, case: Case) -> Row:
    """A number that the case had by its line alone is written down, so that it keeps it."""
    named = {key.strip().casefold().replace(" ", "_").replace("-", "_") for key in row.values}
    if named & {"id", "question_id", "qid"}:
        return row
    return Row(row.where, {"id": case.id, **row.values}, row.typed)
