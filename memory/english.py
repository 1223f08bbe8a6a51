"""How English facts are taken apart. The text is in lower case, its numbers are digits."""

from __future__ import annotations

import re

from memory.parts import Parts, first_fit
from models.builtin.words import listed, stem

_SPELT_OUT = tuple(
    (re.compile(pattern), plain)
    for pattern, plain in (
        (r"\bcan't\b|\bcannot\b", "can not"),
        (r"\bwon't\b", "will not"),
        (r"n't\b", " not"),
        (r"\bi'm\b", "i am"),
        (r"\b(he|she|it|that)'s\b", r"\1 is"),
        (r"'re\b", " are"),
        (r"'ve\b", " have"),
        (r"'d\b", " would"),
        (r"\b(?:favourite|preferred)\b", "favorite"),
        (r"\bcolour", "color"),
        (r"\b(?:should|must|ought to|has to|have to|will) be\b", "is"),
    )
)
_OPENING = re.compile(
    r"^(?:please\s+)?(?:(?:remember|note|keep in mind)(?:\s+that|:)?\s+)?(?:(?:as of|from) (?:now|today)(?: on)?,?\s+)?"
)
_FILLERS = re.compile(
    r"\b(?:now|currently|nowadays|these days|at the moment|at present|actually|presently|any ?more|any longer|really"
    r"|very|just|also|still|already|usually|generally|always|please|recently|today|every day|daily|regularly|often"
    r"|sometimes)\b,?|\b(?:since|as of) [\w ]+$|\bfor (?:now|[\d.]+ (?:year|month|week|day)s?)\b"
)
_NOT = re.compile(
    r"\b(?:(?:do|does|did|will|would)\s+)?(?:not|never|no longer)\b|\b(?:no|zero)\b(?=\s+[a-z])|\bwithout any\b"
)
_STOPPED = re.compile(r"\b(?:has |have )?(?:quit|stopped|gave up|given up|ceased)\s+(?=\w+ing\b)")
_BEGUN = re.compile(r"\b(?:has |have )?(?:started|began|begun|took up|taken up)\s+(?=\w+ing\b)")
_ONCE = re.compile(
    r"(?<!is )(?<!am )(?<!are )\bused to\b|\b(?:formerly|previously|in the past|once)\b|\buntil [\w ]+$"
    r"|\b(?:was|were)\b(?! born)|\bhad\b"
    r"|(?:^|(?<=^i )|(?<=^he )|(?<=^she )|(?<=\buser ))(?=(?:lived|worked|owned|studied|played|smoked|resided)\b)"
)
_WHEN = re.compile(
    r"\s*\b(?:(?:when|while|if|unless|except|before|after|during|whenever)\s.+"
    r"|(?:in|at|on|over) (?:the |my |his |her )?(?:summer|winter|spring|autumn|fall|week|weekends?|weekdays?|mornings?"
    r"|afternoons?|evenings?|nights?|work|home|school|office|holidays?|vacation|\w+days)\b.*"
    r"|for (?:\w+ing\b|work|breakfast|lunch|dinner|fun|private|business)\b.*|every \w+.*|(?:part|full)[- ]time)"
)
_MINE = re.compile(r"^(?:(?:the )?user's|my|his|her|their|our|your)\s+|^(?:(?:the )?user|i|he|she|they|we|you)\b\s*")
_VERBS = re.compile(
    r"\b(?:prefers?|likes?|loves?|enjoys?|hates?|dislikes?|wants?|plans?|hopes?|wish(?:es)?|thinks?|knows?"
    r"|allow(?:s|ed)?|has|have|is|are|am|would|can|says?|said|studies|studied)\b"
)
_AT_WORK = r"\b(?:works?|working|(?:is |am )?employed)"
_PATTERNS = tuple(
    (name, re.compile(pattern))
    for name, pattern in (
        (
            "name",
            r"\b(?:(?:nick)?name is|(?:is|are) (?:called|named|known as)|goes by"
            r"|(?:wants?|likes?|prefers?) to be (?:called|addressed as|known as)|call (?:me|him|her|them))\s+(.+)",
        ),
        (
            "live",
            r"\b(?:lives?|living|resides?|residing|(?:is |am |are )?(?:based|settled|located)"
            r"|(?:has |have )?(?:moved|relocated))(?: back)? (?:in|to|at) (.+)",
        ),
        ("birth", r"\b(?:was |were )?born (?:in|on) (.+)|\bbirthday (?:is|falls)(?: on)? (.+)"),
        ("origin", r"\b(?:is |am |are )(?:originally )?from (.+)|\bcomes? from (.+)"),
        (
            "employer",
            _AT_WORK + r"\s+(?:at|for|by) (?!home|night|free|fun|\d)(.+)|\b(?:has |have )?joined (.+)"
            r"|\bemployer is (.+)",
        ),
        ("job", _AT_WORK + r"\s+as (.+)|\b(?:job|profession|occupation) is (.+)"),
        ("age", r"\b(?:is|am|are|turned) (\d+)(?:[ -]years?[ -](?:old|of age))?$|\bage is (\d+)"),
        ("manager", r"\breports? to (.+)|\b(?:line )?(?:manager|boss|supervisor) is (?:called )?(.+)"),
        ("commute", r"\b(?:commutes?|(?:goes|go|travels?|gets?) to work) (?:by|on|in) (.+)"),
        ("prefer", r"\b(?:prefers?|would rather(?: have)?)\s+(.+)"),
        ("want", r"\b(?:wants?|would like|asks? for|expects?|insists? on)\s+(.+)"),
        ("dislike", r"\b(?:dislikes?|hates?|detests?|loathes?)\s+(.+)"),
        (
            "like",
            r"\b(?:likes?|loves?|enjoys?|adores?|can stand"
            r"|(?:is|am|are) (?:fond of|into|(?:a )?(?:big )?fan of))\s+(.+)",
        ),
        ("is", r"\b(?:is|are|am|was)\s+(.+)"),
    )
)
_LIGHT = frozenset(
    listed("a an the to be do does did my his her their our your its this that and is are am i he she they user")
)
_TOKEN = re.compile(r"[a-z\d][\w.:/+#&@-]*[\w+#]|\w|[^\W_]+")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}\b)")


def read(text: str) -> Parts:
    text = _BEGUN.sub("", _FILLERS.sub(" ", _OPENING.sub("", spelt_out(text))))
    negated = any(pattern.search(text) for pattern in (_NOT, _STOPPED, _ONCE))
    for pattern in (_STOPPED, _ONCE, _NOT):
        text = pattern.sub(" ", text)
    text = " ".join(text.split())
    when = _WHEN.search(text, 1)
    told = text[: when.start()] if when else text
    subject, relation, value = first_fit(told, _PATTERNS, _MINE, _VERBS)
    subject = " ".join(words(_MINE.sub("", subject.replace("'s", ""))))
    return Parts(subject, relation, tuple(words(value)), negated, frozenset(words(when[0]) if when else ()))


def spelt_out(text: str) -> str:
    """Without contractions, in one spelling."""
    for pattern, plain in _SPELT_OUT:
        text = pattern.sub(plain, text)
    return text


def words(text: str) -> list[str]:
    """Stems, without words that only hold a sentence together."""
    return [stem(word) for word in _TOKEN.findall(_THOUSANDS.sub("", text)) if word not in _LIGHT]
