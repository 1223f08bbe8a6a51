"""What a climb came to, in words: its steps by their names, what is otherwise, how many are right, what is proven."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, cast

from cairn import samples
from cairn.evals.climb.failure_diagnosis import KINDS
from cairn.evals.climb.ladder import read_ladder
from cairn.ui.web.page_hints import report_here
from cairn.ui.web.page_texts import reader_language, section, text

Climb = Mapping[str, Any]
_CHEAPER, _DEARER = 0.9, 1.1


def group(name: str) -> str:
    return text(f"kinds.{name}")


def metric(name: str) -> str:
    """When an answer counts as right, in words; a metric of one's own by its name."""
    return text(f"metrics.{name}") if name in section("metrics", "en") else name


def rung(name: str, language: str | None = None) -> str:
    """A step's name; one's own as it is."""
    return _in_language(name, language).get("name", name)


def does(name: str, description: str, language: str | None = None) -> str:
    """What a step does, as its ladder says it; one's own as it is, though it has a packaged one's name."""
    known = _in_language(name, language) if (name, description) in _packaged() else {}
    return known.get("does", description)


def slug(name: str) -> str:
    """What the texts call a packaged step by."""
    return re.sub(r"\W+", "_", name).lower()


def _in_language(name: str, language: str | None) -> dict[str, str]:
    """Empty in English, which the ladder is written in, and for what is not packaged."""
    return cast(dict[str, str], section("rungs", language or reader_language()).get(slug(name), {}))


@cache
def _packaged() -> set[tuple[str, str]]:
    return {(one.name, one.description) for one in [*read_ladder(), *read_ladder(samples.LADDER)]}


def changes(climbed: Climb) -> list[tuple[str, str]]:
    """What the end does otherwise than the start: each in words with its setting, or as the setting alone."""
    found: list[tuple[str, str]] = []
    for one in climbed.get("changes", []):
        path, before, after = one["path"], one["before"], one["after"]
        told = (in_words(path, before, after), f"{path}: {_as_set(after)}")
        found.append(told if told[0] else (f"{path}: {_as_set(before)} → {_as_set(after)}", ""))
    return found


def in_words(path: str, before: Any, after: Any, language: str | None = None) -> str:
    """What another value of a task's field means; empty where the texts have no words for it."""
    part, _, name = path.partition(".")
    key = "wording" if part == "wording" else path.replace(".", "_")
    if key not in section("changed", "en"):
        return ""
    field = path.rpartition(".")[2]
    told = {"before": value_words(field, before, language), "after": value_words(field, after, language)}
    return text(f"changed.{key}", language, name=rung(name.replace("_", " "), language), **told)


def value_words(field: str, value: Any, language: str | None = None) -> str:
    """What a field of a task is set to; as it is where the texts have no words for it."""
    if isinstance(value, list):
        each = [value_words(field, one, language) for one in cast(list[Any], value)]
        return text("changed.comma", language).join(each) or text("changed.none", language)
    if isinstance(value, bool):
        return text("changed.on" if value else "changed.off", language)
    known = f"{field}_{value}"
    if known in section("value", "en"):
        return text(f"value.{known}", language)
    return text("changed.none", language) if value is None else str(value)


def _as_set(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, cast(list[Any], value))) or "–"
    return "–" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def in_counts(climbed: Climb) -> bool:
    """Whether each answer is right or not, and nothing between."""
    return all(one["score"] in (0, 1, None) for records in climbed["answers"].values() for one in records)


def judged(climbed: Climb) -> int:
    """How many questions count; in what was written before it was told: those of the start that have a score."""
    return climbed.get("judged") or sum(one["score"] is not None for one in climbed["answers"]["start"])


def outcome(climbed: Climb) -> str:
    """The end beside the start: how many are right, what it costs, whether it is proven."""
    points = {point["name"]: point for point in climbed["points"]}
    start = climbed["points"][0]
    right = _right(start["score"], climbed)
    if not climbed["kept"]:
        return text("climb.nothing_better", right=right)
    end = points[climbed["kept"][-1]]
    counted = {"before": right, "after": _right(end["score"], climbed)}
    more = round((end["score"] - start["score"]) * judged(climbed))
    if end["score"] > start["score"]:
        told = (
            text("climb.more_right", count=more, **counted) if in_counts(climbed) else text("climb.better", **counted)
        )
    else:
        told = text("climb.as_good" if end["score"] == start["score"] else "climb.less_good", **counted)
    return " ".join(filter(None, [told, _cost(start, end), proof(climbed)]))


def _right(score: float, climbed: Climb) -> str:
    if not in_counts(climbed):
        return f"{score:.0%}"
    return text("climb.of", right=round(score * judged(climbed)), cases=judged(climbed))


def _cost(start: Climb, end: Climb) -> str:
    if not start["tokens"] or not end["tokens"]:
        return ""
    times = end["tokens"] / start["tokens"]
    if times < _CHEAPER:
        return text("climb.cheaper", share=f"{1 - times:.0%}")
    return text("climb.dearer", times=f"{times:.1f}") if times > _DEARER else ""


def proofs(climbed: Climb) -> Sequence[Climb]:
    """What was tested on questions that had no say in the choice, the end against the start first."""
    known = climbed["verdicts"] or ([climbed["cross_fit"]] if climbed["cross_fit"] else [])
    return [one for one in known if one["tested"]]


def is_proven(climbed: Climb) -> bool:
    return bool(found := proofs(climbed)) and found[0]["proof"] == "proven"


def proof(climbed: Climb) -> str:
    if not (found := proofs(climbed)):
        return text("climb.not_tested")
    one = found[0]
    if one["proof"] != "too few cases":
        return text("climb.proven" if one["proof"] == "proven" else "climb.proven_worse")
    more = one.get("further_cases")
    if one["difference"] > 0 and more:
        return text("climb.unproven_more", count=more)
    return text("climb.unproven_none" if one["difference"] == 0 else "climb.unproven")


def failures(climbed: Climb) -> list[str]:
    """What is still not right, by what went wrong, most first."""
    found: list[str] = []
    for name, count in climbed["failures"].items():
        says = KINDS[name].says if name in KINDS else name
        found.append(text("climb.failure", number=count, says=report_here(says, text)))
    return found


def advice(climbed: Climb) -> Sequence[str]:
    """The groups that can mend most, the best first; what was told before there was a list of them says none."""
    return climbed.get("groups", [])
