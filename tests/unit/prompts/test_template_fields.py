"""A template's fields: changed one by one, with comments and everything else as it was."""

from __future__ import annotations

from pathlib import Path

import pytest

from cairn.core.errors import TemplateError
from cairn.prompts.task_store import LIBRARY
from cairn.prompts.template_fields import BODY, HEAD, read_fields, with_field

PACKAGED = sorted(file for task in LIBRARY.glob("*/task.yaml") for file in task.parent.glob("*.md"))
TEXT = """---
# who it is
role: You keep a lighthouse.  # not a ship
no_answer: [I don't know.]
statement: |-
  Look.
    Then answer.
# on the way
patch:
  retrieval: {k: 3}
insight: ""
---
{{context}}
"""


@pytest.mark.parametrize(
    ("field", "value", "line"),
    [
        ("role", "You keep: two # lighthouses", "role: 'You keep: two # lighthouses'  # not a ship"),
        ("role", "One.\nTwo.", 'role: "One.\\nTwo."  # not a ship'),
        ("statement", "Don't look.", "statement: Don't look.\n# on the way"),
        (
            "statement",
            "1. Look.\n\n2. Answer {{today}}.",
            "statement: |-\n  1. Look.\n\n  2. Answer {{today}}.\n# on the way",
        ),
        ("insight", "They wait.", "insight: They wait.\n---"),
        ("personality", "Brief.\n简短。", 'insight: ""\npersonality: |-\n  Brief.\n  简短。\n---'),
        ("statement", "", "statement: ''\n# on the way"),
        (BODY, "Passages:\n{{context}}", 'insight: ""\n---\nPassages:\n{{context}}'),
    ],
)
def test_one_field_is_changed_and_every_other_line_stays(field: str, value: str, line: str) -> None:
    new = with_field(TEXT, field, value)
    assert line in new
    assert read_fields(new) == read_fields(TEXT) | {field: value}
    kept = [one for one in TEXT.splitlines() if one.startswith(("#", "no_answer", "patch", "  retrieval"))]
    assert [one for one in new.splitlines() if one in kept] == kept


def test_a_template_without_a_head_gets_one() -> None:
    assert with_field("Answer.\n", "role", "You help.") == "---\nrole: You help.\n---\nAnswer.\n"


@pytest.mark.parametrize("file", PACKAGED, ids=lambda file: f"{file.parent.name}-{file.stem}")
def test_each_packaged_template_can_be_edited_by_its_fields(file: Path) -> None:
    text = file.read_text("utf-8")
    for field in HEAD:
        new = with_field(text, field, "Line one: a\n\n  - line two # b")
        assert read_fields(new) == read_fields(text) | {field: "Line one: a\n\n  - line two # b"}
        assert with_field(new, field, read_fields(text)[field].strip())


def test_a_head_that_can_only_be_changed_as_text_says_so() -> None:
    with pytest.raises(TemplateError, match="Change it in the text"):
        with_field("---\n{role: x}\n---\n", "statement", "One.\nTwo.")
