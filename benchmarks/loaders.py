"""What reading a file costs, by format: the processor's seconds for made-up files, the least of three.

Of two versions: the same script in a checkout of each.

    python -m benchmarks.loaders
"""

from __future__ import annotations

import io
import json
import time
from collections.abc import Callable

from cairn.retrieval.load import load
from tests.unit.retrieval.load import files

WORDS = "The ferry leaves the pier at seven in the morning and comes back late at night, with cars and bicycles."
RUSSIAN = "Паром отходит от причала в семь утра и возвращается поздно вечером, с машинами и велосипедами."
ROWS = [("Quay", "Fee", "Depth", "Opened"), *((f"Quay {n}", n, n / 7, f"{1900 + n % 99}-05-01") for n in range(20_000))]


def workbook() -> bytes:
    return files.workbook({"Quays": ROWS})


def document() -> bytes:
    import docx

    made, file = io.BytesIO(), docx.Document()
    for number in range(3_000):
        file.add_paragraph(WORDS, style="Heading 1" if number % 50 == 0 else None)
    file.save(made)
    return made.getvalue()


def columns() -> bytes:
    page = files.placed_pdf(
        *((60, 780 - 13 * n, 8, WORDS[:55]) for n in range(55)),
        *((320, 780 - 13 * n, 8, WORDS[40:95]) for n in range(55)),
    )
    return files.joined_pdf(*[page] * 100)


def page() -> bytes:
    sheet = "".join(f".c{n} {{ color: red; display: block }}" for n in range(300)) + ".off { display: none }"
    body = "".join(f"<h2>Quay {n}</h2><p class=c{n % 400}>{WORDS}</p><p class=off>No.</p>" for n in range(5_000))
    return f"<html><head><style>{sheet}</style></head><body>{body}</body></html>".encode()


def records() -> bytes:
    return json.dumps([{"name": f"Quay {n}", "fee": n, "text": WORDS} for n in range(20_000)]).encode()


MADE: dict[str, Callable[[], bytes]] = {
    "xlsx": workbook,
    "docx": document,
    "pdf": columns,
    "html": page,
    "json": records,
    "txt": lambda: "\n".join([RUSSIAN] * 20_000).encode("cp1251"),
    "csv": lambda: "\n".join(";".join(map(str, row)) for row in ROWS).encode(),
}


def main() -> None:
    for suffix, made in MADE.items():
        data, spans = made(), list[float]()
        for _ in range(3):
            began = time.process_time()
            load(data, f"x.{suffix}")
            spans.append(time.process_time() - began)
        print(f"{suffix:5} {len(data) / 1e6:6.2f} MB {min(spans):7.2f} s", flush=True)


if __name__ == "__main__":
    main()
