from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cairn.core.errors import TemplateError
from cairn.prompts.template import parse_template


def test_front_matter_opens_the_system_message_in_the_framework_s_order() -> None:
    template = parse_template(
        "---\npersonality: Brief.\nrole: A clerk.\nstatement: Answer.\ninsight: They wait.\n---\nBody {{context}}\n",
        "t",
    )
    [system] = template.format_messages(context="C")
    assert system.type == "system"
    assert system.content == "A clerk.\n\nThey wait.\n\nAnswer.\n\nBrief.\n\nBody C"


def test_role_lines_begin_messages_of_that_role() -> None:
    template = parse_template("Be good.\n\nuser:\nHi {{question}}\n\nassistant:\nHello\n", "t")
    messages = template.format_messages(question="you")
    assert [(m.type, m.content) for m in messages] == [("system", "Be good."), ("human", "Hi you"), ("ai", "Hello")]


def test_missing_variables_are_named() -> None:
    template = parse_template("{{one}} {{two}} {{three}}", "mine")
    with pytest.raises(TemplateError, match=r"'mine' asks for one, two"):
        template.format_messages(three="3")


def test_unknown_variables_are_named() -> None:
    with pytest.raises(TemplateError, match="no place for context"):
        parse_template("nothing", "mine").format_messages(context="c")


@pytest.mark.parametrize("tag", ["{{ spaced }}", "{{#each}}", "{{a.b}}", "{{}}", "{{1x}}", "{{{raw}}}", "{{open"])
def test_any_other_tag_is_an_error_that_names_its_line(tag: str) -> None:
    with pytest.raises(TemplateError, match="line 5"):
        parse_template(f"---\nrole: x\n---\nfine\nhere {tag} there", "t")


def test_escaped_braces_are_braces() -> None:
    [message] = parse_template(r"Write \{{name}} for {{name}}", "t").format_messages(name="N")
    assert message.content == "Write {{name}} for N"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("---\nrole: [\n---\nx", "line"),
        ("---\nrolle: x\n---\nx", "rolle"),
        ("---\nexperiment: 0\n---\nx", "experiment"),
        ("---\n- list\n---\nx", "wrong"),
    ],
)
def test_broken_front_matter_is_named(text: str, said: str) -> None:
    with pytest.raises(TemplateError, match=said):
        parse_template(text, "t")


def test_the_hash_is_of_the_whole_file() -> None:
    assert parse_template("a", "t").hash != parse_template("---\nrole: r\n---\na", "t").hash


@given(st.text(), st.text())
def test_values_arrive_byte_for_byte_and_are_never_templates(one: str, two: str) -> None:
    [message] = parse_template("<{{one}}|{{two}}>", "t").format_messages(one=one, two=two)
    assert message.content == f"<{one}|{two}>"


@given(st.text(alphabet=string.ascii_letters + "{}\\ \n:-#", max_size=200))
def test_any_text_parses_or_is_refused(text: str) -> None:
    try:
        template = parse_template(text, "t")
    except TemplateError:
        return
    template.format_messages(**dict.fromkeys(template.input_variables, "{{x}}"))
