"""A guess at a text's language: by its script, in Latin and Cyrillic letters by frequent words."""

from __future__ import annotations

import re
from collections import Counter

_SAMPLE = 20_000
_SCRIPTS = {
    "ja": r"[\u3040-\u30ff]",
    "ko": r"[\uac00-\ud7af\u1100-\u11ff]",
    "zh": r"[\u3400-\u4dbf\u4e00-\u9fff]",
    "el": r"[\u0370-\u03ff]",
    "he": r"[\u0590-\u05ff]",
    "ar": r"[\u0600-\u06ff]",
    "hi": r"[\u0900-\u097f]",
    "th": r"[\u0e00-\u0e7f]",
    "ru": r"[\u0400-\u04ff]",
    "latin": r"[a-zA-Z\u00c0-\u024f\u1e00-\u1eff]",
}
_WEIGHTS = {"zh": 3, "ja": 3, "ko": 3}
"""A character of these says as much as several letters."""
_WORDS = {
    "en": "the of and to in is that for it with as was on are be this by from not have at you which",
    "de": "der die und das ist nicht mit den von zu ein eine für auf sich dem des auch werden wird bei sind oder",
    "fr": "le la les et des est que dans pour une du qui sur pas au plus avec sont par vous ce ou leur",
    "es": "el la los que las por con para una del se es al como más su sin sobre pero este son está",
    "it": "il di che la per non una del con sono della più le gli alla dei nel anche si come questo è",
    "pt": "o que não uma os com para do da em no na por mais dos como ao são se foi às você está",
    "nl": "de het een van en niet dat op te zijn met voor aan er ook bij wordt deze naar om worden",
    "sv": "och att det som en är för på inte med av den till har ett om var jag från vid eller ska",
    "da": "og at det som en er for på ikke med af den til har et om var jeg fra ved eller skal også",
    "no": "og at det som en er for på ikke med av den til har et om var jeg fra ved eller skal også",
    "fi": "ja on ei että se oli hän mutta ovat joka kun niin myös tai kuin ole sen voi mukaan",
    "pl": "i w nie się na jest z do że to jak po co od za ale przez dla są lub oraz być",
    "cs": "a je se na že v to s z do o jako za pro ale po by jsou nebo od které být",
    "tr": "ve bir bu da için ile olarak de çok daha olan gibi kadar sonra ne değil veya en",
    "vi": "và của là có không được cho các một trong người với những để này đã từ",
    "id": "yang dan di dengan untuk dari pada dalam ini itu tidak adalah akan oleh atau ke juga",
}
_CYRILLIC = {
    "ru": "и в не на что с как это по для от или из при также все его она был",
    "uk": "і в не на що з як це та для від або із при також є його вона був у й",
    "bg": "и в не на че с как това за от или при също е са да се ще по като",
}
_SETS = {code: frozenset(words.split()) for code, words in (_WORDS | _CYRILLIC).items()}
_PATTERNS = {code: re.compile(pattern) for code, pattern in _SCRIPTS.items()}
_WORD = re.compile(r"[^\W\d_]+")


def guess_language(text: str) -> str | None:
    """ISO 639-1 code; None where there is too little to go by."""
    sample = text[:_SAMPLE]
    counts = {code: len(pattern.findall(sample)) for code, pattern in _PATTERNS.items()}
    weighed = {code: count * _WEIGHTS.get(code, 1) for code, count in counts.items()}
    script, most = max(weighed.items(), key=lambda item: item[1])
    if most < 6:
        return None
    if script == "zh" and counts["ja"] > 0.1 * counts["zh"]:
        return "ja"
    if script == "latin":
        return _by_words(sample, list(_WORDS))
    if script == "ru":
        return _by_words(sample, list(_CYRILLIC)) or "ru"
    return "fa" if script == "ar" and re.search(r"[پچژگ]", sample) else script


def _by_words(sample: str, codes: list[str]) -> str | None:
    words = Counter(_WORD.findall(sample.lower()))
    total = sum(words.values())
    scores = {code: sum(words[word] for word in _SETS[code]) for code in codes}
    best = max(scores, key=lambda code: scores[code])
    if best == "da" and words["av"] > words["af"]:
        best = "no"
    enough = scores[best] >= 3 and scores[best] >= 0.08 * total
    return best if enough else None
