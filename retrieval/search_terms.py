"""Text as the terms of lexical search: stemmed words, and CJK characters in pairs."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from itertools import islice

import tantivy

from cairn.core.clean_text import CJK, clean, folded

VERSION = 2
"""Of the terms: an index made with another one is made anew."""

STEMMED = ("english", "russian", "arabic", "greek")
"""Each has a script of its own, so that none touches another's words."""

_RUNS = re.compile(rf"[{CJK}]+|[^\W_{CJK}]{{1,100}}")
_IS_CJK = re.compile(f"[{CJK}]")


def terms(text: str) -> list[str]:
    """The terms of a document. Words of the languages of `STEMMED` are reduced to stems (Snowball), others only folded.

    CJK characters come alone too, for queries of one character.
    """
    return _terms(text, singles=True)


def _terms(text: str, *, singles: bool) -> list[str]:
    found: list[str] = []
    for run in _RUNS.findall(folded(clean(text))):
        if not _IS_CJK.match(run) or len(run) == 1:
            found.append(run)
        else:
            found += [*(run if singles else ""), *(run[start : start + 2] for start in range(len(run) - 1))]
    return _stemmer().analyze(" ".join(found))


def query_terms(text: str) -> list[str]:
    """The different terms to search for: without English stop words, unless there is nothing else."""
    found = list(dict.fromkeys(_terms(text, singles=False)))
    return [term for term in found if term not in _stop_words()] or found


def content_terms(text: str) -> list[str]:
    """What is left of a question without stop words and words that only ask: nothing of `Why not?`."""
    asked = _ASKING.sub(" ", unicodedata.normalize("NFKC", clean(text)))
    return [term for term in dict.fromkeys(_terms(asked, singles=False)) if term not in _stop_words()]


def query_weights(text: str, most: int) -> dict[str, float]:
    """The terms of a question with their weights, at most so many: without the words that only ask.

    Pairs of CJK characters count whole, single ones half (Nie et al. 2000, "On the Use of Words and N-grams for
    Chinese Information Retrieval": both together are better than either).
    """
    asked = _ASKING.sub(" ", unicodedata.normalize("NFKC", clean(text)))
    if not _RUNS.search(asked):
        asked = text
    whole = dict.fromkeys(query_terms(asked), 1.0)
    singles = [term for term in _terms(asked, singles=True) if len(term) == 1 and _IS_CJK.match(term)]
    return dict(islice((whole | {term: 0.5 for term in singles if term not in whole}).items(), most))


_ASKING = re.compile(
    "(?:请问|为什么|为何|什么时候|什么|怎么样|怎么|怎样|如何|是否|有没有|多少|多久|谁|哪(?!吒)[个些种位年里儿]?|"
    r"几(?=[个位年月天日号岁次种名人点]|$)|[吗呢](?=[\W_]*$))"
)
"""How Chinese asks. Such words are rare in documents, so that one by chance would weigh much."""


@cache
def _stemmer() -> tantivy.TextAnalyzer:
    builder = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace())
    for language in STEMMED:
        builder = builder.filter(tantivy.Filter.stemmer(language))
    return builder.build()


@cache
def _stop_words() -> frozenset[str]:
    """Words that nearly every English question has, as stems."""
    words = (
        "a an and are as at be but by can could did do does for from had has have how i if in into is it its me my no "
        "not of on or our s should so such t than that the their them then there these they this those to us was we "
        "were what when where which while who whom whose why will with would you your"
    )
    return frozenset(terms(words))
