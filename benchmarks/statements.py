"""How well the rules tell statements that a passage bears out from ones with a wrong number, name, negation or role.

`data/statements.jsonl`: 260 pairs of passage and statement written for this benchmark, half of them corrupted; 200 were
looked at while the rules were written, 60 (`held`) were not. Precision: of the statements called supported, the share
that is; recall: of those that are, the share called so. `caught`: of each kind of corruption, the share found out.

    python -m benchmarks.statements [--wrong]
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from chains.checking.claims import split_claims
from chains.checking.quotes import Passage
from chains.checking.rules import judge

DATA = Path(__file__).parent / "data" / "statements.jsonl"


def verdict(row: dict[str, Any]) -> str | None:
    """Why it is not supported, None if it is."""
    claims = split_claims(f"{row['statement']} [1]")
    passages = [Passage(1, "", row["passage"])]
    return next((reason for claim in claims if (reason := judge(claim, passages).reason)), None)


def main() -> None:
    rows = [json.loads(line) for line in DATA.read_text("utf-8").splitlines()]
    for part in ("tune", "held"):
        for language in ("en", "zh"):
            chosen = [row for row in rows if (row["part"], row["language"]) == (part, language)]
            _report(f"{part} {language}", chosen, "--wrong" in sys.argv and part == "tune")
        _report(part, [row for row in rows if row["part"] == part])


def _report(name: str, rows: list[dict[str, Any]], wrong: bool = False) -> None:
    called = {n: verdict(row) for n, row in enumerate(rows)}
    right = sum(reason is None and rows[n]["supported"] for n, reason in called.items())
    supported = sum(reason is None for reason in called.values())
    true = sum(row["supported"] for row in rows)
    kinds = Counter(row["corruption"] for row in rows if not row["supported"])
    caught = Counter(rows[n]["corruption"] for n, reason in called.items() if reason and not rows[n]["supported"])
    parts = ", ".join(f"{kind} {caught[kind]}/{count}" for kind, count in kinds.items())
    print(f"{name:8} n={len(rows):3} precision {right / supported:.3f} recall {right / true:.3f} caught: {parts}")
    for n, row in enumerate(rows):
        if wrong and row["supported"] != (called[n] is None):
            print(f"    {'REJECTED' if row['supported'] else 'PASSED'} {row['statement']} | {called[n]}")


if __name__ == "__main__":
    main()
