from __future__ import annotations

import pytest

from cairn.core.errors import SourceError
from cairn.retrieval.load import Document, load
from tests.unit.retrieval.load import files

_NAMES = {
    "xmlns:" + name: f"urn:oasis:names:tc:opendocument:xmlns:{full}:1.0"
    for name, full in (("office", "office"), ("text", "text"), ("table", "table"), ("style", "style"), ("meta", "meta"))
}
_SPACES = (
    " ".join(f'{name}="{value}"' for name, value in _NAMES.items()) + ' xmlns:dc="http://purl.org/dc/elements/1.1/"'
)
_STYLES = """
<style:style style:name="Gone"><style:text-properties text:display="none"/></style:style>
<style:style style:name="Off"><style:text-properties style:text-line-through-style="solid"/></style:style>
<style:style style:name="Old" style:parent-style-name="Off"/>
<style:style style:name="Up"><style:text-properties style:text-position="super 58%"/></style:style>
<text:list-style style:name="L">
  <text:list-level-style-number text:level="1" style:num-format="1" style:num-suffix="."/>
  <text:list-level-style-number text:level="2" style:num-format="a" style:num-prefix="(" style:num-suffix=")"/>
</text:list-style>
"""


def parts(body: str) -> dict[str, bytes]:
    content = (
        f"<office:document-content {_SPACES}><office:automatic-styles>{_STYLES}</office:automatic-styles>"
        f"<office:body><office:text>{body}</office:text></office:body></office:document-content>"
    )
    return {"mimetype": b"application/vnd.oasis.opendocument.text", "content.xml": content.encode()}


def read(body: str) -> Document:
    return load(files.archive(parts(body)), "x.odt")


def p(text: str) -> str:
    return f"<text:p>{text}</text:p>"


def heading(level: int, text: str) -> str:
    return f'<text:h text:outline-level="{level}">{text}</text:h>'


def test_headings_make_sections_and_blanks_are_those_of_the_file() -> None:
    blanks = "It\n  leaves<text:s text:c='2'/>at<text:tab/>nine."
    inner = "On <text:span>board</text:span>,<text:line-break/>in coins."
    document = read(heading(1, "Ferry") + p(blanks) + heading(2, "Tickets") + p(inner))
    assert document.title == "Ferry"
    assert document.text == "# Ferry\n\nIt leaves  at\tnine.\n\n## Tickets\n\nOn board,\nin coins.\n\n"
    assert [section.heading for section in document.sections] == [None, "Tickets"]


def items(*texts: str, more: str = "", inner: str = "") -> str:
    """A list; `inner` stands in its first item."""
    made = [f"<text:list-item>{p(text)}{'' if n else inner}</text:list-item>" for n, text in enumerate(texts)]
    return f"<text:list {more}>{''.join(made)}</text:list>"


def test_lists_show_their_numbers_and_go_on_where_they_say_so() -> None:
    style, on = 'text:style-name="L"', 'text:continue-numbering="true"'
    first = items("Bring", "Tie", more=style, inner=items("Rope", "Hook"))
    document = read(first + p("Then") + items("Go", more=f"{style} {on}") + items("Rest", more=style) + items("End"))
    assert document.text.split() == (
        ["1.", "Bring", "(a)", "Rope", "(b)", "Hook", "2.", "Tie", "Then", "3.", "Go", "1.", "Rest", "-", "End"]
    )


def cell(text: str, more: str = "") -> str:
    return f"<table:table-cell {more}>{p(text)}</table:table-cell>"


def row(*cells: str, more: str = "") -> str:
    return f"<table:table-row {more}>{''.join(cells)}</table:table-row>"


def test_cells_that_reach_over_others_count_in_each_row() -> None:
    head = row(cell("Quay"), cell("Fee"), cell("Depth"))
    east = cell("East", 'table:number-rows-spanned="2"')
    empty = '<table:table-cell table:number-columns-repeated="9999"/>'
    rows = (
        f"<table:table-header-rows>{head}</table:table-header-rows>",
        row(east, cell("3", 'table:number-columns-repeated="2"')),
        row("<table:covered-table-cell/>", cell("4"), cell("5")),
        row(empty, more='table:number-rows-repeated="1000000"'),
    )
    lines = read(f"{p('Fees')}<table:table>{''.join(rows)}</table:table>").text.split("\n\n")
    assert lines == ["Fees", "Quay: East; Fee: 3; Depth: 3\nQuay: East; Fee: 4; Depth: 5", ""]


def span(style: str, text: str) -> str:
    return f'<text:span text:style-name="{style}">{text}</text:span>'


def test_what_is_hidden_struck_out_or_deleted_is_left_out_and_notes_and_comments_are_read() -> None:
    changed = f"<text:changed-region><text:deletion>{p('Draft.')}</text:deletion></text:changed-region>"
    body = f"<text:note-body>{p('Daily.')}</text:note-body>"
    note = f"<text:note><text:note-citation>1</text:note-citation>{body}</text:note>"
    comment = f"<office:annotation><dc:creator>Ada</dc:creator>{p('Why?')}</office:annotation>"
    fee = f"Fee{span('Gone', ' secret')}{span('Old', ' 9')} 7 in 10{span('Up', '3')}.{note}{comment}"
    document = read(f"<text:tracked-changes>{changed}</text:tracked-changes>{p(fee)}")
    assert document.text == "Fee 7 in 10^3.\n\nDaily.\n\nAda: Why?\n\n"
    assert [section.heading for section in document.sections] == [None, "Notes", "Comments"]
    assert set(document.notices) == {
        "text whose deletion is tracked is left out",
        "hidden text is left out",
        "struck-out text is left out",
    }


def test_what_a_page_shows_at_its_edges_and_what_the_file_says_of_itself() -> None:
    edges = "".join(
        f"<style:footer>{p(text)}</style:footer>" for text in ("Page <text:page-number>1</text:page-number>", "3")
    )
    told = "<dc:title>Rules</dc:title><dc:creator>Bob</dc:creator><dc:date>2025-03-04T10:00:00</dc:date>"
    made = {
        **parts(p("Open.")),
        "styles.xml": f"<office:document-styles {_SPACES}>{edges}</office:document-styles>".encode(),
        "meta.xml": f"<office:document-meta {_SPACES}>{told}</office:document-meta>".encode(),
    }
    document = load(files.archive(made), "x.odt")
    assert (document.title, document.author, document.date) == ("Rules", "Bob", "2025-03-04")
    assert document.text == "Open.\n\nPage 1\n\n"


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"mimetype": b"application/vnd.oasis.opendocument.spreadsheet"}, "spreadsheet"),
        ({"mimetype": b"application/x-other"}, "no OpenDocument text"),
        ({"META-INF/manifest.xml": b"<manifest:encryption-data/>"}, "password"),
        ({"content.xml": b"<broken"}, "can't be read"),
    ],
)
def test_what_is_no_text_says_what_it_is(changed: dict[str, bytes], told: str) -> None:
    with pytest.raises(SourceError, match=told):
        load(files.archive({**parts(p("Open.")), **changed}), "x.odt")
