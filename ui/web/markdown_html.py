"""Markdown that others wrote, as HTML that loads nothing, runs nothing and can't look like a part of the page.

This is the one Markdown renderer of the page: what it writes is what the browser shows, so that no second parser can
read a link, a formula or an icon where this one saw none. It writes no element or attribute that its input names;
links are buttons, which the page asks about before it opens anything, and images are their address as text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from html import escape
from typing import Any
from urllib.parse import urlsplit

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from mdit_py_plugins.dollarmath import dollarmath_plugin
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

from cairn.core.clean_text import clean
from cairn.ui.web.math_html import mathml

_MARKER = re.compile(r"\[(\d{1,4}(?:\s*[,;]\s*\d{1,4})*)\]")
_BRACKETED = re.compile(r"\\\((.{1,2000}?)\\\)|\\\[(.{1,2000}?)\\\]", re.DOTALL)
_NUMBER = re.compile(r"\d+")
_LONGEST_COLOURED = 20_000
_SLOW = re.compile(r"\s{60}|\w{300}")
"""Pygments' lexers take the square or the cube of the length of such a run."""
_OPENED = frozenset(("http", "https", "mailto"))
_SIDES = {"text-align:right": ' class="cairn-right"', "text-align:center": ' class="cairn-centre"'}


def blocks(text: str, sources: int = 0) -> list[str]:
    """The HTML of each paragraph, list, table and so on. `[n]` up to `sources` is a button."""
    return _render(_tokens(_with_newlines(text)), sources)


class GrowingMarkdown:
    """A text that is still being written: only what may still change, its last block, is read anew."""

    def __init__(self, sources: int = 0) -> None:
        self.sources = sources
        self._done: list[str] = []
        self._read = 0

    def blocks(self, text: str) -> list[str]:
        """The same as `blocks` of all of it; `text` begins as the last one did."""
        rest = _with_newlines(text)[self._read :]
        tokens = _tokens(rest)
        last = _last_block(tokens)
        begun = rest.split("\n", (tokens[last].map or [0])[0])[-1] if last else ""
        if last and "\n" in begun:  # with half of its first line it may still go on with the block before
            self._done += _render(tokens[:last], self.sources)
            self._read += len(rest) - len(begun)
            tokens = _tokens(begun)
        return self._done + _render(tokens, self.sources)


def _with_newlines(text: str) -> str:
    return clean(text).replace("\r\n", "\n").replace("\r", "\n")


def _last_block(tokens: Sequence[Token]) -> int:
    """The index of the token that opens it."""
    return next((n for n in range(len(tokens) - 1, -1, -1) if tokens[n].level == 0 and tokens[n].nesting >= 0), 0)


def _tokens(text: str) -> list[Token]:
    return _renderer().parse(text, {})


def _render(tokens: Sequence[Token], sources: int) -> list[str]:
    made, start = list[str](), 0
    for n, token in enumerate(tokens):
        if token.level == 0 and token.nesting <= 0:
            piece = list(tokens[start : n + 1])
            made.append(_renderer().renderer.render(piece, _renderer().options, {"sources": sources}))
            start = n + 1
    return made


@cache
def _renderer() -> MarkdownIt:
    markdown = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    markdown.disable(["reference", "entity", "html_block", "html_inline"])
    dollars = {"allow_labels": False, "allow_space": False, "allow_digits": False, "allow_blank_lines": False}
    markdown.use(dollarmath_plugin, **dollars, double_inline=True)
    markdown.inline.ruler.before("escape", "bracketed_formula", _bracketed_formula)
    rules = {"link_open": _link_open, "link_close": _link_close, "image": _image, "text": _text}
    rules |= {"fence": _code, "code_block": _code, "th_open": _cell, "td_open": _cell}
    rules |= {"table_open": _table_open, "table_close": _table_close}
    rules |= {"math_inline": _formula}
    rules |= dict.fromkeys(("math_block", "math_block_eqno", "math_inline_double"), _formula_alone)
    for name, rule in rules.items():
        markdown.add_render_rule(name, rule)
    return markdown


def _bracketed_formula(state: StateInline, silent: bool) -> bool:
    r"""`\(…\)` and `\[…\]`, as models write formulas."""
    if (found := _BRACKETED.match(state.src, state.pos)) is None:
        return False
    if not silent:
        token = state.push("math_inline" if found[1] else "math_inline_double", "math", 0)
        token.content = found[1] or found[2]
    state.pos = found.end()
    return True


def _text(_self: Any, tokens: Sequence[Token], index: int, _options: Any, env: Any) -> str:
    shown = escape(tokens[index].content)
    return shown if env.get("in_link") else _MARKER.sub(lambda match: _cited(match, env["sources"]), shown)


def _cited(match: re.Match[str], sources: int) -> str:
    """`[1, 3]` as two buttons in its brackets; as it is where there are no such sources."""
    numbers = [int(number) for number in _NUMBER.findall(match[1])]
    if not all(1 <= number <= sources for number in numbers):
        return match[0]
    one = '<button type="button" class="cairn-cite" data-do="passage" data-source="{0}">[{0}]</button>'
    return "".join(one.format(number) for number in numbers)


def _link_open(_self: Any, tokens: Sequence[Token], index: int, _options: Any, env: Any) -> str:
    address = str(tokens[index].attrGet("href") or "")
    if not _opens(address):
        return ""
    env["in_link"] = True
    return f'<button type="button" class="cairn-link" data-do="link" data-address="{escape(address)}">'


def _link_close(_self: Any, tokens: Sequence[Token], index: int, _options: Any, env: Any) -> str:
    opening = next(n for n in range(index, -1, -1) if tokens[n].type == "link_open")
    shown = "".join(token.content for token in tokens[opening:index])
    end = "</button>" if env.pop("in_link", False) else ""
    return end + _address(str(tokens[opening].attrGet("href") or ""), shown)


def _opens(address: str) -> bool:
    try:
        return urlsplit(address).scheme.lower() in _OPENED
    except ValueError:
        return False


def _image(_self: Any, tokens: Sequence[Token], index: int, _options: Any, _env: Any) -> str:
    token = tokens[index]
    return escape(token.content) + _address(str(token.attrGet("src") or ""), token.content)


def _address(address: str, shown: str) -> str:
    return "" if address in (shown, f"mailto:{shown}") else f' <span class="cairn-address">({escape(address)})</span>'


def _table_open(*_: Any) -> str:
    return '<div class="cairn-table" tabindex="0"><table>'


def _table_close(*_: Any) -> str:
    return "</table></div>"


def _cell(_self: Any, tokens: Sequence[Token], index: int, _options: Any, _env: Any) -> str:
    return f"<{tokens[index].tag}{_SIDES.get(str(tokens[index].attrGet('style')), '')}>"


def _formula(_self: Any, tokens: Sequence[Token], index: int, _options: Any, _env: Any) -> str:
    return mathml(tokens[index].content.strip(), False)


def _formula_alone(_self: Any, tokens: Sequence[Token], index: int, _options: Any, _env: Any) -> str:
    return mathml(tokens[index].content.strip(), True)


def _code(_self: Any, tokens: Sequence[Token], index: int, _options: Any, _env: Any) -> str:
    token = tokens[index]
    language = (token.info.split() or [""])[0][:40]
    return code(token.content, language)


def code(text: str, language: str = "") -> str:
    """A box of code with its colours, and a button that copies it."""
    return (
        f'<div class="cairn-code" data-language="{escape(language)}"><div class="cairn-code-head">'
        f'<span>{escape(language)}</span><button type="button" data-do="copy-code"></button></div>'
        f'<pre tabindex="0"><code>{_coloured(text, language)}</code></pre></div>'
    )


def _coloured(text: str, language: str) -> str:
    if not language or len(text) > _LONGEST_COLOURED or _SLOW.search(text):
        return escape(text)
    try:
        lexer = get_lexer_by_name(language, stripnl=False, ensurenl=False)
    except ClassNotFound:
        return escape(text)
    return highlight(text, lexer, HtmlFormatter(nowrap=True, classprefix="hl-"))
