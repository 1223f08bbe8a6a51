from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from cairn.chains.classify import match_label
from cairn.chains.extract import shape_of
from cairn.core.task import FieldSpec


@pytest.mark.parametrize(
    ("said", "label"),
    [
        ("no", "no"),
        ("**No.**", "no"),
        ("I do not know.", None),
        ("The answer is yes!", "yes"),
        ("yes or no", None),
        ("这是退款问题", "退款"),
        ("", None),
    ],
)
def test_a_label_is_a_word_of_its_own(said: str, label: str | None) -> None:
    assert match_label(said, ["yes", "no", "退款"]) == label


@pytest.mark.parametrize("name", ["copy", "json", "schema", "model_dump", "model_config", "_id", "名字", "class"])
def test_a_field_may_have_any_name(name: str) -> None:
    shape = shape_of([FieldSpec(name=name, type="integer", required=True), FieldSpec(name="other")])
    assert list(shape.model_json_schema()["properties"]) == [name, "other"]
    filled: dict[str, Any] = shape.model_validate({name: 3}).model_dump(by_alias=True)
    assert filled == {name: 3, "other": None}
    with pytest.raises(ValidationError, match=name):
        shape.model_validate({"other": "x"})
