from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cairn.core.errors import SourceError
from cairn.retrieval.load import decode, load, load_markdown


def headings(text: str) -> list[tuple[str | None, str]]:
    document = load_markdown(text.encode(), "notes")
    return [(section.heading, document.text[section.start : section.end].strip()) for section in document.sections]


def test_a_section_carries_the_path_of_its_headings() -> None:
    text = "# Handbook\nHello.\n## Leave\n### Sick\nCall.\n## Travel\nBy train.\n"
    assert headings(text) == [
        (None, "# Handbook\nHello."),
        ("Leave > Sick", "## Leave\n### Sick\nCall."),
        ("Travel", "## Travel\nBy train."),
    ]
    assert load_markdown(text.encode(), "notes").title == "Handbook"


def test_underlined_and_closed_headings_count_and_lose_their_markup() -> None:
    assert headings("Top\n===\nA.\n\nSub *one*\n---\nB.\n\n### [Link](http://x) ###\nC.\n") == [
        (None, "Top\n===\nA."),
        ("Sub one", "Sub *one*\n---\nB."),
        ("Sub one > Link", "### [Link](http://x) ###\nC."),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "```sh\n# a comment\n```\nEnd.",
        "~~~\n# a\n```\n# b\n~~~\nEnd.",
        "    # indented code\nEnd.",
        "Words.\n\n---\n\nMore.",
        "#hashtag\nEnd.",
        "- item\n---\nEnd.",
    ],
)
def test_what_only_looks_like_a_heading_is_none(text: str) -> None:
    assert [heading for heading, _ in headings(text)] == [None]


def test_front_matter_names_the_title_and_is_not_text_to_be_found() -> None:
    document = load_markdown(b'---\ntitle: "Leave"\ntags: [a]\n---\n# Other\nBody.\n', "notes")
    assert document.title == "Leave"
    assert document.text[document.sections[0].start :].startswith("# Other")


def test_without_a_heading_the_file_gives_the_title() -> None:
    assert load("只有文字。".encode(), "假期.txt").title == "假期"
    assert load(b"Words.", "notes.md").title == "notes"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_unicode_is_read_in_every_encoding(encoding: str) -> None:
    assert decode("Plain words, naïve café.\n".encode(encoding)) == "Plain words, naïve café.\n"


@pytest.mark.parametrize("text", ["员工每年享有十五天带薪年假。", "繁體中文測試，請假規定。", "Mixed 中文 and English"])
def test_chinese_in_its_national_encoding(text: str) -> None:
    assert decode(text.encode("gb18030")) == text


def test_western_text_is_not_taken_for_chinese() -> None:
    text = "été à Noël, garçon; naïveté, señor, Müßiggang – “quoted”"
    assert decode(text.encode("cp1252")) == text


def test_line_ends_become_one_kind() -> None:
    assert decode(b"a\r\nb\rc\n") == "a\nb\nc\n"


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"%PDF-1.4\nall ascii", "a PDF document"),
        (b"PK\x03\x04\x14\x00\x00\x00", "a zip archive"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "a PNG image"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "a JPEG image"),
        (b"\x7fELF\x02\x01\x01\x00", "a program"),
        (b"SQLite format 3\x00", "a SQLite database"),
        (b"\x00\x01\x02\x03", "binary data"),
        (b" \n\t ", "no text"),
        (b"", "no text"),
    ],
)
def test_what_is_not_text_is_named(data: bytes, what: str) -> None:
    with pytest.raises(SourceError, match=what):
        decode(data)


@given(st.binary(max_size=200))
def test_any_bytes_are_text_or_a_clear_refusal(data: bytes) -> None:
    try:
        text = decode(data)
    except SourceError:
        return
    assert "\x00" not in text
    text.encode()


@given(st.text(alphabet=st.sampled_from("#`~=- \n>ab中。\t[](){}"), max_size=120))
def test_sections_of_any_markdown_are_in_order_and_inside(text: str) -> None:
    try:
        document = load_markdown(text.encode(), "x")
    except SourceError:
        return
    end = 0
    for section in document.sections:
        assert end <= section.start <= section.end <= len(document.text)
        end = section.end
    assert document.sections
