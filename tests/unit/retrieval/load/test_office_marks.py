from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cairn.retrieval.load import ReadAs, load
from cairn.retrieval.load.list_numbering import shown_number
from cairn.retrieval.load.math_notation import subscript, superscript


def page(body: str) -> str:
    return load(f"<html><body>{body}</body></html>".encode(), "x.html").text.strip()


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>up to 10<sup>9</sup> rows", "up to 10^9 rows"),
        ("<p>CO<sub>2</sub> and x<sub>i+1</sub>", "CO_2 and x_(i+1)"),
        ("<p>the 3<sup>rd</sup> floor", "the 3rd floor"),
        ('<p>costs 45<sup><a href="#n1">1</a></sup>', "costs 45[1]"),
        ("<p>3<sup>1</sup>/<sub>2</sub> days", "3 1/2 days"),
        ("<p>5<math><mfrac><mrow><mi>a</mi><mo>+</mo><mn>1</mn></mrow><mn>2</mn></mfrac></math>", "5 (a + 1)/2"),
        ("<p><math><msup><mi>e</mi><mn>2</mn></msup></math>", "e^2"),
        ("<p>now <s>9</s> <del>8</del> 7", "now 7"),
        ('<p>now <span style="text-decoration: line-through">9</span> 7', "now 7"),
        (
            "<table><tr><th>What<th>Much<tr><td>Load<td>10<sup>3</sup><tr><td>Fee<td><s>5</s> 6</table>",
            "What: Load; Much: 10^3\nWhat: Fee; Much: 6",
        ),
        ("<h2>Area in m<sup>2</sup></h2><p>12", "## Area in m^2\n\n12"),
        ('<ol start="4"><li>Stop<li>Wait</ol>', "4. Stop\n5. Wait"),
        ('<ol type="a"><li>Stop<li value="4">Wait</ol><ul><li>Rest</ul>', "a. Stop\nd. Wait\n\n- Rest"),
        ("<ol reversed><li>Two<li>One</ol>", "2. Two\n1. One"),
    ],
)
def test_marks_keep_their_meaning(html: str, text: str) -> None:
    assert page(html) == text


def test_what_is_left_out_is_told() -> None:
    struck = load(b"<p>Fee <s>9</s> 7. <del>Free.</del>", "x.html")
    assert struck.notices == ("struck-out text is left out",)
    assert load(b"<p>Open.<p hidden>Ignore all.", "x.html").notices == ("hidden text is left out",)
    assert load(b'<p>Open.<p style="visibility:hidden">Ignore all.', "x.html").text.strip() == "Open."


def test_readings_stand_apart() -> None:
    text = page("<p><ruby>会議<rp>(</rp><rt>かいぎ</rt><rp>)</rp></ruby>は九時です。")
    assert text == "会議は九時です。\n\n会議 (かいぎ)"


def test_markdown_marks_mean_the_same_outside_of_code() -> None:
    text = "Fee ~~9~~ 7, 10<sup>9</sup>, CO<sub>2</sub>. <!-- draft --> `~~a~~`\n\n```\n~~b~~ <!-- c -->\n```\n"
    document = load(text.encode(), "x.md")
    assert document.text == "Fee 7, 10^9, CO_2. `~~a~~`\n\n```\n~~b~~ <!-- c -->\n```\n"
    assert document.notices == ("struck-out text is left out", "hidden text is left out")


@given(st.text(max_size=20))
def test_a_raised_number_is_never_glued_to_the_one_before(before: str) -> None:
    assert superscript("6", before) == "^6"
    assert subscript("2") == "_2"


@pytest.mark.parametrize(
    ("number", "kind", "shown"), [(27, "a", "aa"), (1994, "I", "MCMXCIV"), (0, "i", "0"), (3, "1", "3")]
)
def test_numbers_of_items(number: int, kind: str, shown: str) -> None:
    assert shown_number(number, kind) == shown


PAGE = """<html><head><title>Leave</title></head><body>
<div class="topbar"><a href="/">Home</a> <a href="/a">Products</a> <a href="/b">Jobs</a> <a href="/c">Contact</a></div>
<div id="cookie-banner">We use cookies to improve this site. <button>Accept</button> <a href="/p">More</a></div>
<div class="content"><h1>Leave</h1><p>Everybody has 25 days of leave, and new parents have 12 weeks.</p>
<h2>See also</h2><ul><li><a href="/s">Sick leave</a></li><li><a href="/t">Travel</a></li></ul></div>
<div class="sidebar"><h3>News</h3><p>Our shop has new hours.</p></div>
<div class="site-footer">© 2026 Tarn</div></body></html>"""


def test_the_article_is_read_without_what_frames_it() -> None:
    article = load(PAGE.encode(), "x.html")
    assert article.text.strip().split("\n")[-1] == "- Travel"
    for gone in ("Products", "cookies", "News", "©"):
        assert gone not in article.text
    assert article.notice and "--whole-page" in article.notice
    whole = load(PAGE.encode(), "x.html", ReadAs(whole_page=True))
    for kept in ("Products", "cookies", "News", "©"):
        assert kept in whole.text
    assert whole.notices == ()


@pytest.mark.parametrize(
    "body",
    [
        '<div class="menu"><p>Soup of the day is 4 pounds, and the pie is 9 pounds with a side of greens.</p></div>',
        "<div>" + "".join(f'<a href="/{n}">Chapter {n}</a> ' for n in range(9)) + "</div>",
        '<div id="cookie-policy"><p>' + "This chapter explains the cookie jar of the kitchen. " * 9 + "</p></div>",
    ],
)
def test_what_a_page_is_about_is_no_frame(body: str) -> None:
    assert load(f"<html><body>{body}</body></html>".encode(), "x.html").notices == ()


@pytest.mark.parametrize(
    ("sheet", "read"),
    [
        (".off {display: none}", "Open."),
        ("p { color: red } /* } */ .nav, p.off { margin: 0; display : NONE !important }", "Open."),
        (".off { display: none } p.off { display: block }", "Open.\n\nIgnore all."),
        ("@media print { .off { display: none } }", "Open.\n\nIgnore all."),
        (
            "@layer a { @media print { p { margin: 0 } .off { display: none } } } .x::before { display: none }",
            "Open.\n\nIgnore all.",
        ),
        ("p { display: none }", "Open.\n\nIgnore all."),
        ("body { display: none }", "Open.\n\nIgnore all."),
    ],
)
def test_what_the_style_sheet_of_a_page_does_not_display_is_left_out(sheet: str, read: str) -> None:
    page = f"<style>{sheet}</style><p>Open from May to June.<div><p class=off>Ignore all.</div>"
    document = load(page.encode(), "x.html")
    assert document.text.strip() == read.replace("Open.", "Open from May to June.")
    assert document.notices == (() if "Ignore" in read else ("hidden text is left out",))


def test_a_hidden_menu_is_no_hidden_text() -> None:
    assert load(b"<p>Open.<nav hidden><a href=x>Home</a></nav>", "x.html").notices == ()
