"""What two answers have in common when they say the same: `12.50 kg` and `It weighs 12.5 kg.`, `是` and `是。`."""

from __future__ import annotations

import re

from cairn.chains.values.dates import dates_in
from cairn.chains.values.quantities import after_final_mark, numbers_in
from cairn.core.clean_text import CJK, normalise
from cairn.language.words import stem

_MARKUP = re.compile(r"\s*\[\d{1,4}\]|\*\*|__|`")
_WORDS = re.compile(rf"[{CJK}]|[^\W_{CJK}]+")
_POLAR = re.compile(r"(?:(?P<no>no\b|not\b|否|不是|不对|没有)|yes\b|是的|是(?!\w)|对(?!\w))")
_ARTICLES = {"a", "an", "the"}


def answer_key(text: str) -> str:
    """Equal for answers that say the same; "" for one that says nothing.

    What counts is what stands behind the last `Answer:` (`####`, `答案`), else the last line: whether it begins with
    yes or no, else the only date in it, else the only number, with its unit, else its words without case and articles.
    """
    plain = _MARKUP.sub("", text).strip()
    if not plain:
        return ""
    said = (after_final_mark(plain) or plain.splitlines()[-1]).strip() or plain
    said = normalise(said)
    if polar := _POLAR.match(said):
        return "no" if polar["no"] else "yes"
    dates = [day for day, _, _ in dates_in(said)]
    if len(set(dates)) == 1:
        return dates[0]
    numbers = {(f"{number.value:.10g}", _unit(number.unit)) for number in numbers_in(said)}
    if not dates and len(numbers) == 1:
        return " ".join(next(iter(numbers))).strip()
    return " ".join(word for word in _WORDS.findall(said) if word not in _ARTICLES)


def same_answer(one: str, other: str) -> bool:
    """Of two keys: `12 kg` and `12` are one answer, `12 kg` and `12 t` are not."""
    if one == other:
        return True
    (number, _, unit), (other_number, _, other_unit) = one.partition(" "), other.partition(" ")
    return number == other_number and not (unit and other_unit) and _is_number(number)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _unit(word: str) -> str:
    """A word behind a number is its unit, whatever follows: `12 kg of sand`."""
    return stem(word)
