"""A question as tokens that are ticked off when they are understood: what is left over was not."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cairn.text import CJK
from models.builtin import numerals
from models.builtin.lexicon import ALSO, CHINESE, IN_CHINESE, is_filler
from models.builtin.words import has_cjk, listed, stem

_PIECE = re.compile(
    rf"\"(?P<quoted>[^\"]{{1,100}})\"|“(?P<quoted2>[^”]{{1,100}})”|「(?P<quoted3>[^」]{{1,100}})」|(?<!\w)'(?P<quoted4>[^']{{1,100}})'(?!\w)"
    rf"|(?P<number>-?(?:{numerals.DIGITS.pattern})(?![^\W{CJK}]|%))|(?P<cjk>[{CJK}]+)|(?P<sign>[<>]=?|=|!=|≥|≤)"
    rf"|(?P<word>[^\W_{CJK}]+(?:[-'’][^\W_{CJK}]+)*|[^\W{CJK}]+)"
)
_COUNTED = re.compile(f"({numerals.CHINESE.pattern})[个名位款种件条家本张部台]?")
_NUMBER_WORDS = {
    word: numerals.english_number(word)
    for word in listed("two three four five six seven eight nine ten eleven twelve fifteen twenty fifty hundred")
}


def normal(question: str) -> str:
    """Full-width forms as plain ones; positions in a question refer to this text."""
    return unicodedata.normalize("NFKC", question).strip()


@dataclass(slots=True)
class Token:
    """`stems` are the words it may stand for; a token that is no word has `kind` number, quoted, sign or cjk."""

    text: str
    stems: tuple[str, ...]
    kind: str = "word"
    start: int = 0
    done: str = ""


class Marks:
    """The tokens of one question. `terms` are names in Chinese from the schema, which are cut out of the "
    "text first."""

    def __init__(self, question: str, terms: Iterable[str] = (), without: tuple[int, int] = (0, 0)) -> None:
        self.text = normal(question)
        vocabulary = {term.casefold(): "" for term in terms if has_cjk(term)}
        self._chinese = {**CHINESE, **{term: CHINESE.get(term, "") for term in vocabulary}}
        self._names = set(vocabulary)
        longest = sorted(self._chinese, key=len, reverse=True)
        self._cut = re.compile("|".join(map(re.escape, longest)))
        start, end = without
        readable = self.text[:start] + " " * (end - start) + self.text[end:]
        self.tokens = [token for match in _PIECE.finditer(readable) for token in self._token(match)]

    def _token(self, match: re.Match[str]) -> list[Token]:
        kind, text, at = match.lastgroup or "", match[match.lastgroup or 0], match.start()
        if kind.startswith("quoted"):
            return [Token(text, (), "quoted", at)]
        if kind == "number":
            return [Token(numerals.plain(text), (), "number", at)]
        if kind == "sign":
            return [Token(text, (text,), "sign", at)]
        if kind == "cjk":
            return self._segment(text, at)
        words = re.split(r"-", text) if re.search(r"[^\W\d]-", text) else [text]
        return [self._word(word, at) for word in words if word]

    @staticmethod
    def _word(word: str, at: int) -> Token:
        if word.casefold() in _NUMBER_WORDS:
            return Token(_NUMBER_WORDS[word.casefold()], (stem(word),), "number", at)
        root = stem(word)
        return Token(word, (root, *ALSO.get(root, ()), *IN_CHINESE.get(root, ())), "word", at)

    def _segment(self, run: str, at: int) -> list[Token]:
        found: list[Token] = []
        position = 0
        for match in self._cut.finditer(run):
            found += self._unknown(run[position : match.start()], at + position)
            found += self._known(match[0], at + match.start())
            position = match.end()
        return found + self._unknown(run[position:], at + position)

    def _known(self, phrase: str, at: int) -> list[Token]:
        english = [stem(word) for word in self._chinese[phrase].split()]
        if phrase in self._names:
            return [Token(phrase, (phrase, *(english if len(english) == 1 else ())), "word", at)]
        if not english:
            return []
        alternatives = [(word, *ALSO.get(word, ()), *IN_CHINESE.get(word, ())) for word in english]
        return [Token(phrase if n == 0 else "", stems, "word", at) for n, stems in enumerate(alternatives)]

    def _unknown(self, run: str, at: int) -> list[Token]:
        if not run:
            return []
        if match := _COUNTED.fullmatch(run):
            return [Token(numerals.chinese_number(match[1]), (), "number", at)]
        return [Token(run, (run,), "cjk", at)]

    def find(self, *stems: str, start: int = 0) -> int | None:
        """Where these words stand in a row, none of them understood yet."""
        for i in range(start, len(self.tokens) - len(stems) + 1):
            if all(self.has(i + n, word) for n, word in enumerate(stems)):
                return i
        return None

    def has(self, i: int, word: str | frozenset[str]) -> bool:
        if not 0 <= i < len(self.tokens) or self.tokens[i].done:
            return False
        wanted = {word} if isinstance(word, str) else word
        return any(one in wanted for one in self.tokens[i].stems)

    def eat(self, phrase: str, role: str = "cue") -> int | None:
        """Tick off the words of `phrase`; the index of the first, None when they are not there."""
        words = [stem(word) for word in phrase.split()]
        at = self.find(*words)
        if at is not None:
            self.tick(range(at, at + len(words)), role)
        return at

    def eat_any(self, stems: frozenset[str], role: str = "cue") -> int | None:
        for i in range(len(self.tokens)):
            if self.has(i, stems):
                self.tick([i], role)
                return i
        return None

    def tick(self, indexes: Iterable[int], role: str) -> None:
        for i in indexes:
            self.tokens[i].done = role

    def left(self) -> list[list[int]]:
        """Runs of tokens that were not understood; words that say nothing join a run but don't make one."""
        runs: list[list[int]] = []
        run: list[int] = []
        for i, token in enumerate([*self.tokens, Token("", (), done="end")]):
            if token.done:
                runs.append(run)
                run = []
            else:
                run.append(i)
        return [trimmed for run in runs if (trimmed := self._trim(run))]

    def _trim(self, run: Sequence[int]) -> list[int]:
        def empty(i: int) -> bool:
            token = self.tokens[i]
            return token.kind == "word" and is_filler(token.text, token.stems)

        known = [i for i in run if not empty(i)]
        return list(range(known[0], known[-1] + 1)) if known else []

    def words(self, run: Sequence[int]) -> str:
        """The run as it stands in the question."""
        first, last = self.tokens[run[0]], self.tokens[run[-1]]
        after = self.tokens[run[-1] + 1].start if run[-1] + 1 < len(self.tokens) else len(self.text)
        found = self.text.find(last.text, last.start, after)
        end = found + len(last.text) if found >= 0 else after  # a number word is kept in digits
        return self.text[first.start : end].strip("\"'“”「」?!. ")
