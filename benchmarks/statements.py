"""What the rules say of true and of false statements: quoted, differs or not_checked, per set and kind.

True ones by script: sentences of docs_qa's and CMRC's passages ("copied"), docs_qa's gold answers with their passages
("answer") and CMRC's with their questions ("fragment"). False ones: the same with one thing swapped; a fragment is then
another short answer of its passage. Passages are halved by their hash: the rules were tuned on `tune`.
Statements by hand (a line of JSON each: `set`, `passage`, `question`, `statement`, `true`, `kind`) come as files.

    CAIRN_TEST_DATA=… python -m benchmarks.statements [--wrong] [FILE…]
"""

from __future__ import annotations

import json
import os
import random
import re
import sys
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from langchain_core.documents import Document

from cairn.chains.checks.claim_rules import judge
from cairn.chains.checks.claims import sentences, split_claims
from cairn.core.clean_text import has_cjk
from cairn.core.passages import passage

DATA = Path(os.environ.get("CAIRN_TEST_DATA", "../shared/data"))
STATES = ("quoted", "differs", "not_checked")
_PER_PASSAGE = 2
_FRAGMENT = 14
_NUMBER = re.compile(r"(?<![\w.,])\d+(?![\w.,]*\d)")
_NAME = re.compile(r"(?<=[a-z,] )[A-Z][A-Za-z]{2,}|(?<=《)[^》]+(?=》)")
_VERB = re.compile(r"\b(?:is|are|was|were|can|will|has|have|should|may)\b")
# fmt: off
_SWAPS: dict[str, list[tuple[str, str]]] = {
    "unit": [("days", "weeks"), ("hours", "minutes"), ("tokens", "words"), ("months", "years"), ("seconds", "minutes"),
             (r"(?<=\d)年", "个月"), (r"(?<=\d)米", "公里"), (r"(?<=\d)人", "万人"), (r"(?<=\d)月", "年")],
    "negation": [(r"\b(?:not|never) ", ""), (r"\b(is|are|was|were|can|will|should|may|must)\b", r"\1 not"),
                 (r"不(?=[^同过断仅但久])", ""), (r"(?<!不)是", "不是"), (r"(?<!没)有", "没有"),
                 (r"(?<!认|因|称|成)为", "不为")],
    "prefix": [(r"\bun(?=[a-z]{5})", ""), (r"\bin(?=(?:valid|complete|correct|accurate|efficient|consistent))", ""),
               (r"\b(?=(?:available|supported|structured|able|limited|related|known|safe|used|changed)\b)", "un"),
               (r"(?=(?:正式|法|公开|官方|常规|营利))", "非"), ("非", ""), ("无(?=[^论锡])", "有")],
    "only": [(r"\bonly ", ""), (r"\b(is|are|was|can|will|should|may|has|have)\b", r"\1 only"),
             ("[只仅]", ""), ("(?<!不)(是|有|在)", r"只\1")],
    "at least": [("at least", "at most"), ("up to|at most", "at least"), (r"\bmore than\b", "less than"),
                 (r" (?=\d+ [a-z])", " at least "), ("至少", "最多"), ("以上", "以下"),
                 (r"(?<=[有达约])(?=\d)", "至少")],
    "before/after": [(r"\bbefore\b", "after"), (r"\bafter\b", "before"), (r"\bwhen\b", "before"),
                     (r"\buntil\b", "after"), ("之前|以前", "之后"), ("之后|以后", "之前"), ("(?<=[年月日])后", "前"),
                     ("(?<=[年月日])(?=[^前后月日起代])", "前")],
    "may/must": [(r"\b(?:can|may|might)\b", "must"), (r"\b(?:must|should|needs? to)\b", "may"),
                 ("可以?(?=[^能])|能够?", "必须"), ("必须|须要?|应当?", "可以")],
    "comparison": [(r"\bmore\b", "less"), (r"\bless\b", "more"), (r"\bmost\b", "least"), (r"\bhigher\b", "lower"),
                   (r"\blarger\b", "smaller"), (r"\bfaster\b", "slower"), (r"\bbest\b", "worst"),
                   (r"\bbetter\b", "worse"), ("最[大高]", "最小"), ("最[小低]", "最大"), ("较[高大多]", "较小"),
                   ("第一", "第二"), ("(?<=[更较])[高大好多]", "少")],
    "roles": [(r"\b([A-Z]\w+)\b(.{3,40})\b(?!\1)([A-Z]\w+)\b", r"\3\2\1"),
              (r"《(\w+)》(.*)《(?!\1)(\w+)》", r"《\3》\2《\1》"), (r"(\w{2,4})(由|被|比|向)(\w{2,4})", r"\3\2\1")],
}
# fmt: on


class Pair(NamedTuple):
    set: str
    passage: Document
    question: str
    statement: str
    true: bool
    kind: str


class Source(NamedTuple):
    """A passage with its questions and the answers to them."""

    set: str
    passage: Document
    answers: Sequence[tuple[str, str]]


def sources() -> dict[str, Source]:
    """By the names that statements by hand call them."""
    chunks = json.loads((DATA / "docs_qa" / "chunks.json").read_text("utf-8"))
    asked = json.loads((DATA / "docs_qa" / "questions.json").read_text("utf-8"))
    found: dict[str, Source] = {}
    for chunk in chunks:
        document = passage("1", chunk["text"], "", title=chunk["chunk_heading"])
        found[chunk["chunk_link"]] = Source("docs_qa", document, [])
    for one in asked:
        text = "\n\n".join(found[link].passage.page_content for link in one["correct_chunks"] if link in found)
        answers = [(one["question"], one["correct_answer"])]
        found[one["id"]] = Source("docs_qa, answers", passage("1", text, ""), answers)
    for article in json.loads((DATA / "cmrc2018" / "dev.json").read_text("utf-8"))["data"]:
        for one in article["paragraphs"]:
            answers = [(qa["question"], qa["answers"][0]["text"]) for qa in one["qas"]]
            found[one["id"]] = Source("cmrc", passage("1", one["context"], "", title=article["title"]), answers)
    return found


def scripted(all_sources: Sequence[Source], sample: random.Random) -> Iterator[Pair]:
    names = {chinese: sorted(_names(all_sources, chinese)) for chinese in (False, True)}
    for source in all_sources:
        whole = [
            one.text
            for one in sentences(source.passage.page_content)
            if 30 <= len(one.text) <= 300 and "|" not in one.text
        ]
        copied = [("copied", "", text) for text in sample.sample(whole, min(_PER_PASSAGE, len(whole)))]
        gold = "fragment" if source.set == "cmrc" else "answer"
        true = [(gold, *answer) for answer in source.answers[:_PER_PASSAGE]]
        true += [] if gold == "answer" and true else copied
        for kind, question, text in true:
            yield Pair(source.set, source.passage, question, text, True, kind)
            if kind == "fragment":
                others = [other for _, other in source.answers if other not in text and text not in other]
                others = [other for other in others if len(other) <= _FRAGMENT]
                yield from (
                    Pair(source.set, source.passage, question, other, False, f"{kind}: other answer")
                    for other in others[:1]
                )
                continue
            for swap, false in _swapped(text, names[has_cjk(text)], sample):
                yield Pair(source.set, source.passage, question, false, False, f"{kind}: {swap}")


def _names(all_sources: Sequence[Source], chinese: bool) -> set[str]:
    texts = [source.passage.page_content for source in all_sources if has_cjk(source.passage.page_content) == chinese]
    return {name for text in texts for name in _NAME.findall(text)}


def _swapped(text: str, names: Sequence[str], sample: random.Random) -> Iterator[tuple[str, str]]:
    if match := _NUMBER.search(text):
        kind = "year" if re.fullmatch("[12][09]..", match[0]) else "number"
        yield kind, text[: match.start()] + str(int(match[0]) + sample.randint(1, 9)) + text[match.end() :]
    if match := _NAME.search(text):
        yield (
            "name",
            text[: match.start()] + sample.choice([name for name in names if name not in text]) + text[match.end() :],
        )
    if (match := _VERB.search(text)) and match.start() > 3 and not has_cjk(text):
        yield "subject", f"{sample.choice(names)} {text[match.start() :]}"
    elif (match := re.match(r"[^，。]{2,8}(?=于|是|在|为)", text)) and has_cjk(text):
        yield "subject", sample.choice(names) + text[match.end() :]
    for kind, rules in _SWAPS.items():
        for pattern, new in rules:
            false = re.sub(pattern, new, text, count=1)
            if false != text:
                yield kind, false
                break


def by_hand(file: Path, known: dict[str, Source]) -> Iterator[Pair]:
    for line in file.read_text("utf-8").splitlines():
        row = json.loads(line)
        name = f"{row['set']}, by hand"
        yield Pair(name, known[row["passage"]].passage, row["question"], row["statement"], row["true"], row["kind"])


def state(pair: Pair) -> str:
    """Of the whole statement: `quoted` only if each sentence of it is."""
    states = {judge(claim.text, [pair.passage], pair.question).state for claim in split_claims(pair.statement)}
    return "differs" if "differs" in states else "quoted" if states == {"quoted"} else "not_checked"


def main() -> None:
    known = sources()
    files = [Path(argument) for argument in sys.argv[1:] if not argument.startswith("-")]
    pairs = [pair for file in files for pair in by_hand(file, known)]
    pairs = pairs or list(scripted(list(known.values()), random.Random(1)))
    counts: defaultdict[tuple[str, str, bool, str], Counter[str]] = defaultdict(Counter)
    for pair in pairs:
        half = "tune" if zlib.crc32(pair.passage.page_content.encode()) % 2 else "other"
        found = state(pair)
        counts[pair.set, half, pair.true, pair.kind][found] += 1
        counts[pair.set, half, pair.true, "all"][found] += 1
        if "--wrong" in sys.argv and half == "tune" and found == ("differs" if pair.true else "quoted"):
            print(f"{found} {pair.true} {pair.kind} | {pair.statement} | {pair.question}")
    print(f"{'set':18} {'half':6} {'statements':11} {'kind':24} {'n':>5}  " + "  ".join(f"{one:>11}" for one in STATES))
    for (name, half, true, kind), found in sorted(counts.items()):
        shares = "  ".join(f"{found[one] / found.total():11.3f}" for one in STATES)
        print(f"{name:18} {half:6} {'true' if true else 'false':11} {kind:24} {found.total():5}  {shares}")


if __name__ == "__main__":
    main()
