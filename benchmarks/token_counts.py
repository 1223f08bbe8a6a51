"""How near a model's counted tokens come to its server's, before anything was learned and after three prompts.

    python -m benchmarks.token_counts MODEL.gguf [LANGUAGE …]

Texts are the translated messages of the programs of this machine (`/usr/share/locale`), English ones their originals;
rows are those of Chinook in `CAIRN_TEST_DATA`. Of each nine prompts of about 400 tokens are made: three are asked, the
server's usage being all that is learned from, six are judged by its tokenizer. "Beside": all of them by what was
learned of all.
"""

from __future__ import annotations

import asyncio
import gettext
import http.client
import json
import os
import random
import sqlite3
import sys
import tempfile
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from langchain_core.messages import BaseMessage, HumanMessage, SystemMessage

from cairn.core.errors import ModelAnswerError
from cairn.core.settings import load_settings
from cairn.models.gguf_server import gguf_server
from cairn.models.model_facts import FILE
from cairn.models.model_registry import make_chat_model
from cairn.models.token_counts import TokenCounter
from cairn.models.token_ratios import TokenRatios

LANGUAGES = ["en", "de", "fr", "es", "ru", "zh_CN", "ja"]
_LOCALES = Path("/usr/share/locale")
_LEARNED, _JUDGED = 3, 6
_WINDOW, _WRITTEN = 2_048, 8
_LETTERS = {"en": 1_800, "zh_CN": 350, "ja": 300}
Prompts = list[list[BaseMessage]]


def main(path: str, *languages: str) -> None:
    names = list(languages or LANGUAGES)
    prompts = {name: _prompts(_texts(name)) for name in names} | {"rows of a table": _prompts(_rows())}
    asyncio.run(_measure(Path(path).absolute(), prompts))


async def _measure(path: Path, prompts: dict[str, Prompts]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        home, everything, rows = Path(folder), TokenRatios(), list[tuple[str, str, str, Prompts, list[int]]]()
        for name, asked in prompts.items():
            (home / FILE).unlink(missing_ok=True)
            model = make_chat_model(f"gguf:{path}", load_settings(home, context_window=_WINDOW), 0, _WRITTEN)
            judged = asked[_LEARNED:]
            counted = [_served(path, home, prompt) for prompt in judged]
            before = _off(model.counter, judged, counted)
            for prompt in asked[:_LEARNED]:
                with suppress(ModelAnswerError):  # what it says is not looked at
                    await model.ainvoke(prompt)
            rows.append((name, before, _off(model.counter, judged, counted), judged, counted))
            everything = TokenRatios([*everything.samples, *model.facts.ratios.samples])
        print("| | before | worst | after three | worst | beside the others | worst |")
        print("| --- | --- | --- | --- | --- | --- | --- |")
        for name, before, after, judged, counted in rows:
            print(f"| {name} | {before} | {after} | {_off(TokenCounter(ratios=everything), judged, counted)} |")


def _off(counter: TokenCounter, prompts: Prompts, counted: Sequence[int]) -> str:
    """The mean and the worst of the relative errors."""
    off = [counter.messages(prompt) / count - 1 for prompt, count in zip(prompts, counted, strict=True)]
    return f"{sum(off) / len(off):+.2f} | {max(map(abs, off)):.2f}"


def _served(path: Path, home: Path, prompt: Iterable[BaseMessage]) -> int:
    roles = {"system": "system", "human": "user"}
    messages = [{"role": roles[message.type], "content": message.text} for message in prompt]
    text = _post(path, home, "/apply-template", {"messages": messages})["prompt"]
    return len(_post(path, home, "/tokenize", {"content": text, "add_special": True, "parse_special": True})["tokens"])


def _post(path: Path, home: Path, route: str, body: dict[str, object]) -> dict[str, Any]:
    state = gguf_server(f"gguf:{path}", [path], _WINDOW, home).running()
    connection = http.client.HTTPConnection(urlsplit(state.address).netloc)
    headers = {"Authorization": f"Bearer {state.key}", "Content-Type": "application/json"}
    connection.request("POST", route, json.dumps(body), headers)
    answer = json.loads(connection.getresponse().read())
    connection.close()
    return answer


def _prompts(texts: Iterable[str]) -> Prompts:
    return [[SystemMessage("Answer from the text alone."), HumanMessage(text)] for text in texts]


def _texts(language: str) -> list[str]:
    folder = _LOCALES / ("de" if language == "en" else language) / "LC_MESSAGES"
    said = list[str]()
    for file in sorted(set(folder.glob("*.mo")) - set(folder.glob("iso_*"))):  # those are names
        try:
            with file.open("rb") as opened:
                told = gettext.GNUTranslations(opened)._catalog  # type: ignore[attr-defined]
        except (UnicodeError, OSError):
            continue
        said += [
            key if language == "en" else text for key, text in told.items() if key and type(key) is str and " " in key
        ]
    random.Random(7).shuffle(said)
    whole, size = " ".join(" ".join(said).split()), _LETTERS.get(language, 1_000)
    return [whole[n * size : (n + 1) * size] for n in range(_LEARNED + _JUDGED)]


def _rows() -> list[str]:
    with sqlite3.connect(Path(os.environ["CAIRN_TEST_DATA"]) / "chinook" / "chinook.sqlite") as database:
        rows = [
            row
            for name in ("Invoice", "Customer", "Track")
            for row in database.execute(f"SELECT * FROM {name} LIMIT 59")
        ]
    random.Random(7).shuffle(rows)
    lines = [f"| {' | '.join(map(str, row))} |" for row in rows]
    return ["\n".join(lines[n * 7 : (n + 1) * 7]) for n in range(_LEARNED + _JUDGED)]


if __name__ == "__main__":
    main(*sys.argv[1:])
