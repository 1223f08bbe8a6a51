"""Rungs and configurations: a rung is one change to a task; a configuration is the task with those that were kept."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, get_args

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from cairn.core.errors import UsageError
from cairn.core.task import merged

Group = Literal["instructions", "examples", "constrained", "retrieval", "tools", "tries", "tuned"]
GROUPS: tuple[Group, ...] = get_args(Group)
"""In the order of the known path, which `--in-order` walks."""
PACKAGED = Path(__file__).with_name("ladder.yaml")


class Rung(BaseModel):
    """One change to a task.

    Args:
        name: What it is called in tables and pictures.
        group: Which part of the path it belongs to.
        patch: What of the task it changes.
        model: Another model that answers, such as a tuned one; None for the same.
        learns: What of the search is learned of the cases that choose, in place of a value that is written here.
        strategies: The strategies that it can help; none named are all.
        needs: What has to be there: `examples`, `documents`, `sources` (in enough cases), `database`, `generative`.
        description: What it does, in a sentence.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=1, max_length=80)
    group: Group
    patch: dict[str, Any] = {}
    model: str | None = None
    learns: Literal["dense_weight", "query_map"] | None = None
    strategies: tuple[str, ...] = ()
    needs: tuple[Literal["examples", "documents", "sources", "database", "generative"], ...] = ()
    description: str = ""


@dataclass(frozen=True)
class Learned:
    """What a rung learned: `patch` of all cases, `apart` for each of them of the others."""

    patch: Mapping[str, Any] = field(default_factory=dict[str, Any])
    apart: Mapping[str, Mapping[str, Any]] = field(default_factory=dict[str, Mapping[str, Any]])


NOTHING = Learned()


@dataclass(frozen=True)
class Configuration:
    """A task as it is asked: the rungs that were kept, in order, over what it began with.

    `apart`: the patch for the cases that something in `patch` was learned of.
    """

    patch: Mapping[str, Any] = field(default_factory=dict[str, Any])
    model: str | None = None
    rungs: tuple[str, ...] = ()
    apart: Mapping[str, Mapping[str, Any]] = field(default_factory=dict[str, Mapping[str, Any]])

    def with_rung(self, rung: Rung, learned: Learned = NOTHING) -> Configuration:
        def onto(patch: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
            return merged(merged(patch, rung.patch), more)

        cases = self.apart.keys() | learned.apart.keys()
        apart = {case: onto(self.patch_for(case), learned.apart.get(case, learned.patch)) for case in cases}
        patch, rungs = onto(self.patch, learned.patch), (*self.rungs, rung.name)
        return Configuration(patch, rung.model or self.model, rungs, apart)

    def patch_for(self, case: str) -> Mapping[str, Any]:
        return self.apart.get(case, self.patch)

    @cached_property
    def key(self) -> str:
        """The same for two that ask alike, whatever their rungs are called."""
        text = json.dumps([self.patch, self.model, self.apart], sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def read_ladder(path: Path = PACKAGED) -> list[Rung]:
    """The rungs of a YAML file, which is a list of them. Raises UsageError, naming what is wrong."""
    try:
        data = yaml.safe_load(path.read_text("utf-8"))
    except FileNotFoundError:
        raise UsageError(f"There is no file {path}.", "Check the path.") from None
    except (OSError, UnicodeError, yaml.YAMLError) as error:
        raise UsageError(f"{path} can't be read: {error}.", "It has to be YAML in UTF-8.") from None
    if not isinstance(data, list) or not data:
        raise UsageError(f"{path} is no list of rungs.", "Write `- {name: …, group: …, patch: {…}}` for each.")
    rungs = [_rung(item, f"{path}, rung {number}") for number, item in enumerate(data, 1)]
    names = [rung.name for rung in rungs]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise UsageError(f"{path} names {', '.join(twice)} twice.", "Each rung needs its own name.")
    return rungs


def _rung(item: Any, where: str) -> Rung:
    try:
        return Rung.model_validate(item)
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, part['loc']))}: {part['msg']}" for part in error.errors())
        raise UsageError(f"{where} is wrong: {wrong}.", f"Groups are: {', '.join(GROUPS)}.") from None


def fitting(rungs: Iterable[Rung], strategy: str, there: Iterable[str]) -> list[Rung]:
    """Those that can help a task of this strategy, where these of a rung's `needs` are there."""
    known = set(there)
    return [
        rung for rung in rungs if (not rung.strategies or strategy in rung.strategies) and known.issuperset(rung.needs)
    ]
