"""The question sets of a home."""

from __future__ import annotations

import pytest

from cairn.core.errors import UsageError
from cairn.core.settings import Home, load_settings
from cairn.evals.set_library import add_set, remove_set, sets

ROW = b'{"question": "Who?", "answers": ["Ann"]}\n'


def test_a_set_is_kept_replaced_and_removed_beside_the_packaged_ones(home: Home) -> None:
    settings = load_settings(home.root)
    packaged = [one.name for one in sets(settings)]
    add_set(settings, "C:\\here\\my set.jsonl", ROW)
    add_set(settings, "my set.jsonl", ROW * 2)
    assert [one.name for one in sets(settings)] == ["my-set.jsonl", *packaged]
    assert remove_set(settings, "my-set.jsonl") == ROW * 2
    assert [one.name for one in sets(settings)] == packaged
    with pytest.raises(UsageError, match="no set"):
        remove_set(settings, packaged[0])


@pytest.mark.parametrize(("name", "data"), [("a.txt", ROW), ("a.jsonl", b"{"), (".jsonl", ROW), ("../x.jsonl", b"[]")])
def test_what_is_no_set_is_not_kept(home: Home, name: str, data: bytes) -> None:
    settings = load_settings(home.root)
    known = sets(settings)
    with pytest.raises(UsageError):
        add_set(settings, name, data)
    assert sets(settings) == known
    assert not list((home.root / "sets").glob("*"))
