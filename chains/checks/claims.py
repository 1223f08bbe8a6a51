"""An answer's Markdown as the statements it makes, with the passages they cite, and as the tokens that are compared."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from decimal import Decimal
from itertools import pairwise
from typing import NamedTuple

from cairn.core.clean_text import CJK
from cairn.core.passages import cells
from cairn.language.numerals import CHINESE, DIGITS, ENGLISH, chinese_number, english_number, plain
from cairn.language.words import STOP, content_terms, listed, stem, word_set

_LINE = re.compile(r"[ \t>]*(?P<bullet>(?:[-*+•]|\d{1,3}[.)、])[ \t]+(?:\[[ xX]\][ \t]+)?)?")
_FENCE = re.compile(r"`{3,}|~{3,}")
_HEADING = re.compile(r"#{1,6}\s|\*\*[^*]+\*\*[:：]?$|[=_*-]{3,}$")
_UNDER_HEAD = re.compile(r"\|?[\s:-]*-[\s:]*\|[|\s:-]*$")
_MARKER = re.compile(r"[\[［【](\d{1,4}(?:\s*[,，、;；]\s*\d{1,4})*)[\]］】](?!\()")
_MARKERS = re.compile(rf"(?:\s*{_MARKER.pattern})+")
_END = re.compile(
    r"[。！？][”」』）\"’*_]*|[.!?…]+[\"'”’)*_]*(?=\s|$|[\[［【])|(?<=[\]］】])\s*[;；]\s*"
    rf"|(?<=[\]］】])\s*[,，]\s*(?=(?:[^\s,，.。;；{CJK}]+\s+){{4}}|[{CJK}]{{6}})"
)
_ABBREVIATION = re.compile(r"\b(?:e\.g|i\.e|etc|vs|Mr|Mrs|Ms|Dr|Prof|No|approx|Inc|Ltd|St|[A-Z]|cf|pp?|ca)\.$")
_HIDDEN = re.compile(r"`[^`\n]*`|“[^“”\n]{0,500}[?？][^“”\n]{0,500}”")
_NO_STATEMENT = re.compile(
    r"\W*(?:(?:yes|no|sources?|see|是的?|来源|出处|参见|见)\W*$|sure|certainly|here (?:is|are)|i hope|let me know)"
    r"|of course|—|–|--|当然|好的|以下是|希望|如需|.*(?:我不知道|没有找到|(?:文档|资料|段落)中?(?:没有|未|不)[提说回])"
    r"|.*\b(?:documents?|passages?|sources?)\b.{0,30}\b(?:do|does|did)(?: not|n['’]t) (?:say|mention|answer|contain)"
    r"|.*\bi (?:do not|don['’]t|could not|couldn['’]t|cannot|can['’]t) (?:know|find|tell|say|answer)\b",
    re.IGNORECASE,
)


class Claim(NamedTuple):
    """`answer[start:end]`, markers included; `text` is it in one line without them."""

    text: str
    start: int
    end: int
    markers: tuple[int, ...]


def split_claims(answer: str) -> list[Claim]:
    """Headings, questions, code, talk, sources and "the documents don't say" are no statements."""
    found = [claim for claim in sentences(answer) if not claim.text.endswith(("?", "？", ":", "："))]
    return [claim for claim in found if content_terms(claim.text) and not _NO_STATEMENT.match(claim.text)]


def sentences(text: str) -> Iterator[Claim]:
    """All sentences and rows of an answer or a passage. Markers behind a full stop belong to the sentence before it."""
    for start, end in _blocks(text):
        masked = _HIDDEN.sub(lambda match: match[0][0] + "x" * (len(match[0]) - 2) + match[0][-1], text[start:end])
        cuts = [0]
        for match in _END.finditer(masked) if not _row(masked) else ():
            cut = (_MARKERS.match(masked, match.end()) or match).end()
            goes_on = _ABBREVIATION.search(masked[: match.start() + 1]) or masked[cut:].lstrip()[:1].islower()
            cuts += [] if match[0][0] == "." and goes_on else [cut]
        for first, last in pairwise([*cuts, len(masked)]):
            piece = masked[first:last].strip().rstrip(" ;；,，")
            at = start + masked.index(piece, first)
            said = text[at : at + len(piece)]
            for match in reversed(list(_MARKERS.finditer(piece))):
                said = said[: match.start()] + said[match.end() :]
            if re.search(r"\w", said):
                markers = "".join(match[0] for match in _MARKERS.finditer(piece))
                numbers = dict.fromkeys(map(int, re.findall(r"\d+", markers)))
                yield Claim(" ".join(re.sub(r"\n[ \t>]*", " ", said).split()), at, at + len(piece), tuple(numbers))


def _blocks(text: str) -> list[tuple[int, int]]:
    """Paragraphs, list items and rows, without headings and code. A line that begins nothing goes on with the last."""
    found: list[tuple[int, int]] = []
    fence, before, offset = "", 0, 0
    for raw in text.splitlines(keepends=True):
        match = _LINE.match(raw)
        line = raw[match.end() if match else 0 :].rstrip()
        start = offset + len(raw.rstrip()) - len(line)
        offset += len(raw)
        ticks = _FENCE.match(line)
        if fence or ticks:
            fence = ticks[0] if ticks and not fence else "" if ticks and ticks[0].startswith(fence) else fence
        elif _UNDER_HEAD.match(line):
            found = found[:-1]
        elif line and not _HEADING.match(line):
            own = _row(line) or (match and match["bullet"]) or line.startswith(("—", "–", "--"))
            first = start if own or not before or (before < 40 and line[:1].isupper()) else found.pop()[0]
            found.append((first, start + len(line)))
            before = 0 if _row(line) else len(line)
            continue
        before = 0
    return found


def _row(line: str) -> bool:
    return line.startswith("|") or bool(cells(line))


DENIES = frozenset("¬不没无未非勿否")
LIMITS = word_set("≤ ≥ < > only before after until since may must all some most any few many if unless")
CONDITIONS = word_set("除 若 only if unless except without")
GUARDS = (DENIES | CONDITIONS | LIMITS | frozenset("仅只禁")) - {"all"}
"""What must not be left out of the clause that is quoted; conditions not of the whole sentence."""
_KEPT = GUARDS.union(listed("all am least more less other same often long far old much should by than from over per"))
_LEADS = word_set("的 in on at of for from to by with during since until after before within per and or but")
_DROPPED = frozenset([*listed("also however therefore thus then"), *"的了着过之地得也就则便而在于是为其它他她这该此有"])
_ALIKE = {"¬": "no not never cannot none neither nor", "all": "every each", "may": "can might could"}
_SAME = {word: key for key, words in _ALIKE.items() for word in listed(words)}
_SIGNS = {
    r"n't\b": " not ",
    r"\b(?:no|not) (?:more|longer|later) than\b|\bat most\b|\bup to\b|\bas many as\b|\bmaximum of\b": " ≤ ",
    r"\b(?:no|not) (?:less|fewer|earlier) than\b|\bat least\b|\bminimum of\b": " ≥ ",
    r"\bmore than\b|\bover (?=\d)|\bexceed(?:s|ing)?\b|超过|多于|高于|大于": " > ",
    r"\b(?:less|fewer) than\b|\b(?:under|below) (?=\d)|少于|低于|小于|不足": " < ",
    r"不 > |至多|最多": " ≤ ",
    r"不 < |至少|最少|起码": " ≥ ",
    r"\b(?:have|has|needs?) to\b|\b(?:is|are) required to\b|必须|务必": " must ",
    r"可以|可能|能够": " may ",
    r"\b(?:is|are|was|were|been|being|be)(?= +(?:not +|\w+ly +)*\w+(?:ed|en|wn|ught|ilt|id|ade|nt|pt|ld|und)\b)": " ⊣ ",
    r"没有": "没",
    r"不(?:仅仅?|但)(?!是)|[从自于在](?=\d)|(?<=[年月日])[份起]": "",
    r"\bper ?cent\b": "%",
    rf"百分之({CHINESE.pattern}|[\d.]+)": r"\1%",
    r"([$€£¥]) ?([\d,.]*\d)": r"\2 \1",
}
"""On a text in lower case, in this order. `⊣` stands before a passive: "Bob was paid" is not "Bob paid"."""
_DIGITS = re.compile(rf"(?<![#a-z\d_:.-])({DIGITS.pattern})(?: ?(万|亿|千|百))?(?!\w*[a-z_])")
_COUNTED = re.compile(
    rf"(?=[零〇一二三四五六七八九两十百千万亿]{{2}}){CHINESE.pattern}"
    rf"|{CHINESE.pattern}(?=[个天日月年周次元块米人件名位层楼级份倍成号岁折点分秒小部本座所家届期条项种%])"
)
_TOKEN = re.compile(rf"#[\d.]+|[≤≥<>⊣%{CJK}]|[^\W_{CJK}]+(?:[-'_.][^\W_{CJK}]+)*|_+|[^\w\s]")


class Token(NamedTuple):
    """`key` is compared; `lead` is the preposition before it; with `fresh` a clause begins; `unit`: of a number."""

    key: str
    word: str
    lead: str
    fresh: bool
    number: bool
    unit: str = ""


def tokens(text: str) -> list[Token]:
    """Those that matter, in order: articles, pronouns and forms of "be" are left out."""
    found: list[Token] = []
    lead, fresh, counting = "", True, False
    for word in _TOKEN.findall(_signed(unicodedata.normalize("NFKC", text).replace("’", "'").casefold())):
        number, dropped = word[0] == "#", word in STOP or word in _DROPPED or not word[0].isalnum()
        kept = word in _SAME or word in _KEPT or word[0] in "#%$€£¥≤≥<>⊣"
        key = _SAME.get(word, word) if kept else "" if dropped else stem(word)
        if counting and key and not number:
            found[-1] = found[-1]._replace(unit=key)
        counting = number
        lead = word if word in _LEADS else lead
        fresh = fresh or word in ",.;:!?()|。、[]—–…"
        if key:
            found.append(Token(key, word.lstrip("#"), lead, fresh, number))
            lead, fresh = "", False
    return found


def _signed(text: str) -> str:
    """With signs for phrases that say the same, and numbers as `#12400`."""
    text = " ".join(text.split())
    for pattern, sign in _SIGNS.items():
        text = re.sub(pattern, sign, text)
    text = _DIGITS.sub(lambda match: _number(plain(match[1], match[2] or "")), text)
    text = ENGLISH.sub(lambda match: _number(english_number(match[0])), text)
    return _COUNTED.sub(lambda match: _number(chinese_number(match[0])), text)


def _number(digits: str) -> str:
    return f" #{Decimal(digits).normalize():f} "  # 3.50 is 3.5
