"""Three public sets of passages and questions, read from `CAIRN_TEST_DATA`. Nothing of them is part of Cairn."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple


class Text(NamedTuple):
    title: str
    body: str


class Question(NamedTuple):
    """`gold`: the names of the texts that answer it."""

    text: str
    gold: frozenset[str]


class Corpus(NamedTuple):
    texts: dict[str, Text]
    questions: list[Question]


def docs_qa(data: Path) -> Corpus:
    chunks = json.loads((data / "docs_qa" / "chunks.json").read_text("utf-8"))
    names = {chunk["chunk_link"]: f"d{number:03}" for number, chunk in enumerate(chunks)}
    texts = {
        names[chunk["chunk_link"]]: Text(
            chunk["chunk_heading"], chunk["text"].removeprefix(chunk["chunk_heading"]).strip()
        )
        for chunk in chunks
    }
    asked = json.loads((data / "docs_qa" / "questions.json").read_text("utf-8"))
    gold = (frozenset(names.get(link, link) for link in question["correct_chunks"]) for question in asked)
    return Corpus(texts, [Question(question["question"], names) for question, names in zip(asked, gold, strict=True)])


def cranfield(data: Path) -> Corpus:
    """Judgements number the queries by position, not by `<num>`; only positive ones count."""
    folder = data / "cranfield"
    texts: dict[str, Text] = {}
    for document in re.findall(r"<doc>(.*?)</doc>", (folder / "cran.all.1400.xml").read_text("utf-8"), re.DOTALL):
        title, text = " ".join(_inside(document, "title").split()), _inside(document, "text")
        body = text[len(title) :] if " ".join(text.split()).startswith(title) else text
        texts[f"c{int(_inside(document, 'docno'))}"] = Text(title, body.strip())
    gold: dict[int, set[str]] = {}
    for line in (folder / "cranqrel.trec.txt").read_text("utf-8").splitlines():
        query, _, document, grade = line.split()
        if int(grade) > 0 and f"c{document}" in texts:
            gold.setdefault(int(query) - 1, set()).add(f"c{document}")
    queries = re.findall(r"<title>(.*?)</title>", (folder / "cran.qry.xml").read_text("utf-8"), re.DOTALL)
    asked = [(" ".join(query.split()), gold.get(place, set())) for place, query in enumerate(queries)]
    return Corpus(texts, [Question(query, frozenset(names)) for query, names in asked if names])


def cmrc2018(data: Path) -> Corpus:
    texts: dict[str, Text] = {}
    asked: list[Question] = []
    for article in json.loads((data / "cmrc2018" / "dev.json").read_text("utf-8"))["data"]:
        for paragraph in article["paragraphs"]:
            name = f"z{len(texts):03}"
            texts[name] = Text("", paragraph["context"])
            asked += [Question(question["question"], frozenset([name])) for question in paragraph["qas"]]
    return Corpus(texts, asked)


def gsm8k(data: Path) -> list[str]:
    """Questions that none of the three sets answers."""
    lines = (data / "gsm8k" / "train_first_3000.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line)["question"] for line in lines]


SETS: dict[str, Callable[[Path], Corpus]] = {"docs_qa": docs_qa, "cranfield": cranfield, "cmrc2018": cmrc2018}


def _inside(text: str, tag: str) -> str:
    match = re.search(f"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
    return match[1].strip() if match else ""
