"""What was found out about a model at its address, kept in the home for the next time."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any
from uuid import uuid4

from cairn.models.patience import Patience
from cairn.models.token_ratios import TokenRatios

FILE = "models.json"


@dataclass
class ModelFacts:
    """One for all copies of a model. None is not known.

    `tools`: whether tools reach the model. `thinks`: whether it thinks before it answers. `window`: tokens that the
    server says it takes. `ratios`: how it counts them. In this process `patience`: how soon it begins; `answered`: a
    call got through; `probed`: tools were looked for; `asked`: the server was asked for its window. Without a `file`
    nothing is kept.
    """

    tools: bool | None = None
    thinks: bool | None = None
    window: int | None = None
    ratios: TokenRatios = field(default_factory=TokenRatios, compare=False)
    patience: Patience = field(default_factory=Patience, compare=False)
    answered: bool = field(default=False, compare=False)
    probed: bool = field(default=False, compare=False)
    asked: bool = field(default=False, compare=False)
    file: Path | None = field(default=None, compare=False)
    key: str = field(default="", compare=False)

    def learn(self, **facts: Any) -> None:
        """Keep what is new; a home that can't be written only means that it is found out again."""
        if all(getattr(self, name) == value for name, value in facts.items()):
            return
        for name, value in facts.items():
            setattr(self, name, value)
        self._keep()

    def learn_counts(self, texts: Sequence[str], counted: int) -> None:
        """`counted`: the tokens of a prompt of messages with these texts, as its server says."""
        if self.ratios.learn(texts, counted):
            self._keep()

    def _keep(self) -> None:
        if self.file is None or not self.file.parent.is_dir():
            return
        kept = {name: value for name in _KEPT if (value := getattr(self, name)) is not None}
        if self.ratios:
            kept[_COUNTED] = self.ratios.samples
        with suppress(OSError):
            _write(self.file, {**_read(self.file), self.key: kept})


_COUNTED = "counted"
_KEPT = {name.name for name in fields(ModelFacts) if name.compare}


def model_facts(home: Path, model: str, address: str | None) -> ModelFacts:
    """What is known of a model at an address (None: its provider's own)."""
    key = f"{model} at {address}" if address else model
    known = _read(home / FILE).get(key)
    facts = ModelFacts(file=home / FILE, key=key)
    if isinstance(known, Mapping):
        for name in _KEPT & known.keys():
            if isinstance(known[name], int):  # a bool is one
                setattr(facts, name, known[name])
        facts.ratios = TokenRatios(_samples(known.get(_COUNTED)))
    return facts


def _samples(kept: Any) -> list[list[int]]:
    rows = kept if isinstance(kept, list) else []
    return [row for row in rows if isinstance(row, list) and all(type(value) is int for value in row)]


def _read(file: Path) -> dict[str, Any]:
    try:
        found = json.loads(file.read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _write(file: Path, facts: Mapping[str, Any]) -> None:
    """Whole or not at all: another process may read it now."""
    part = file.with_suffix(f".{uuid4().hex}")
    part.write_text(json.dumps(facts, ensure_ascii=False, indent=1), encoding="utf-8")
    part.replace(file)
