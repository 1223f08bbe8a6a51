"""The calculator against the worked notes of GSM8K, and the worst case over random text.

A note `<<expression=result>>` counts as equal when the exact result, rounded half away from zero to as many decimals
as the note writes, is the note's number; notes that were cut instead of rounded are counted apart.
"""

from __future__ import annotations

import json
import os
import random
import re
import time
from fractions import Fraction
from pathlib import Path

from cairn.core.errors import ToolError
from cairn.tools.calculator import evaluate

DATA = Path(os.environ["CAIRN_TEST_DATA"]) / "gsm8k" / "train_first_3000.jsonl"
ALPHABET = "0123456789" * 3 + "+-*/^%!().,() ().,x" + "²½√π％，（）" + "e$"
WORDS = (
    "sqrt",
    "max(",
    "log(",
    "exp(",
    "factorial(",
    "round(",
    "of",
    "sum(",
    " pi",
    "lcm(",
    "!",
    "^9",
    "**",
    "1e9",
    "((",
)


def main() -> None:
    notes()
    random_texts()


def notes() -> None:
    counts: dict[str, int] = {"exact": 0, "rounded": 0, "cut or rough": 0, "different": 0}
    for line in DATA.read_text(encoding="utf-8").splitlines():
        for expression, result in re.findall(r"<<(.*?)=([^=]*?)>>", json.loads(line)["answer"]):
            kind = compare(evaluate(expression).value, result)
            counts[kind] += 1
            if kind in ("cut or rough", "different"):
                print(f"  {kind}: {expression} = {result}; here {evaluate(expression).text}")
    total = sum(counts.values())
    for kind, count in counts.items():
        print(f"{kind:14}{count:6}{count / total:9.2%}")


def compare(value: Fraction, note: str) -> str:
    wanted = Fraction(note)
    step = Fraction(1, 10 ** len(note.partition(".")[2]))
    off = abs(value - wanted)
    return "exact" if off == 0 else "rounded" if off <= step / 2 else "cut or rough" if off < step else "different"


def random_texts(count: int = 100_000) -> None:
    dice = random.Random(7)
    worst, worst_text, answered = 0.0, "", 0
    for _ in range(count):
        length = dice.randint(1, 500)
        pieces = [dice.choice(WORDS) if dice.random() < 0.1 else dice.choice(ALPHABET) for _ in range(length)]
        text = "".join(pieces)[:500] if dice.random() < 0.5 else "".join(pieces[: dice.randint(1, 12)])
        began = time.perf_counter()
        try:
            evaluate(text)
            answered += 1
        except ToolError:
            pass
        if (took := time.perf_counter() - began) > worst:
            worst, worst_text = took, text
    print(f"{count} random texts: {answered} answered, the rest refused")
    print(f"worst {worst * 1000:.1f} ms: {worst_text[:80]!r}")


if __name__ == "__main__":
    main()
