"""What stands around a page's article: menus, side bars, cookie banners, footers; told by their links and names."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

_HOLDERS = frozenset(("div", "aside", "header", "section", "table", "tr", "td", "form"))
"""What is a menu by its links alone: a list or a paragraph of links may belong to the article."""
_BLOCKS = _HOLDERS | {"ul", "ol", "p", "span", "details", "figure"}
_ARTICLE = frozenset(("main", "article", "h1"))
_HEADINGS = frozenset(("h2", "h3", "h4"))
_UNREAD = frozenset(["script", "style", "noscript", "template", "head", "select", "textarea", "svg"])
_BUTTONS = frozenset(("button", "input"))
_FRAME = re.compile(
    r"(?:\b|_|-)(?:cookies?|consent|gdpr|side-?bar|bread-?crumbs?|crumbs|footer|masthead|modal|popup|skip-?(?:link|nav)|"
    r"newsletter|advert|promo|social|share|sharing|complementary|contentinfo|dialog|banner|alertdialog)(?:\b|_|-)",
    re.IGNORECASE,
)
_MENU = re.compile(
    r"(?:\b|_|-)(?:nav|menu|toc|lang|related|pag(?:er|ination))|(?:nav|menu|toc)(?:\b|_|-)", re.IGNORECASE
)
_COOKIE = re.compile(r"\bcookies?\b", re.IGNORECASE)
_BANNER = 800
_LABEL = 40
"""Letters: the longest banner, and the longest that the links of a menu are on the average."""


@dataclass(slots=True)
class _Weight:
    """Letters of a block and all in it, those in links, and what else tells of it."""

    letters: int = 0
    linked: int = 0
    links: int = 0
    buttons: int = 0
    article: bool = False
    heading: bool = False

    @property
    def plain(self) -> int:
        return self.letters - self.linked

    @property
    def density(self) -> float:
        return self.linked / (self.letters or 1)

    def add(self, inner: _Weight) -> None:
        self.letters += inner.letters
        self.linked += inner.linked
        self.links += inner.links
        self.buttons += inner.buttons
        self.article |= inner.article
        self.heading |= inner.heading


def frames(root: LexborNode) -> set[int]:
    """The blocks below a page's root, by their `mem_id`, that are not of its article.

    None where they would be most of what the page says outside of links.
    """
    nodes, parents = _in_order(root)
    weights = _weighed(nodes, parents)
    page = weights[0]
    found: set[int] = set()
    inside = [False] * len(nodes)
    dropped = 0
    for number, (node, parent) in enumerate(zip(nodes, parents, strict=True)):
        inside[number] = number > 0 and inside[parent]
        if number and not inside[number] and node.tag in _BLOCKS and _is_frame(node, weights[number], page):
            inside[number] = True
            found.add(node.mem_id)
            dropped += weights[number].plain
    return found if dropped <= 0.6 * page.plain else set()


def _in_order(root: LexborNode) -> tuple[list[LexborNode], list[int]]:
    """All nodes below the root, parents before what is in them, each with its parent's place in the list."""
    nodes, parents = [root], [0]
    path = [0]
    node: LexborNode | None = root.first_child if root.tag not in _UNREAD else None
    while node is not None:
        nodes.append(node)
        parents.append(path[-1])
        inner = node.first_child if node.tag not in _UNREAD else None
        if inner is not None:
            path.append(len(nodes) - 1)
            node = inner
            continue
        following = node.next
        while following is None and len(path) > 1:
            following = nodes[path.pop()].next
        node = following
    return nodes, parents


def _weighed(nodes: Sequence[LexborNode], parents: Sequence[int]) -> list[_Weight]:
    weights = [_Weight() for _ in nodes]
    for number in range(len(nodes) - 1, -1, -1):
        tag, weight = nodes[number].tag or "", weights[number]
        if tag == "-text":
            weight.letters = len("".join((nodes[number].text_content or "").split()))
        elif tag == "a":
            weight.linked, weight.links = weight.letters, 1
        elif tag in _BUTTONS:
            weight.letters, weight.buttons = 0, 1
        weight.article |= tag in _ARTICLE
        weight.heading |= tag in _HEADINGS
        if number:
            weights[parents[number]].add(weight)
    return weights


def _is_frame(node: LexborNode, block: _Weight, page: _Weight) -> bool:
    if not block.letters or block.article or block.plain > max(_BANNER, 0.3 * page.plain):
        return False
    if (name := _called(node, block)) and (_FRAME.search(name) or (_MENU.search(name) and block.density >= 0.3)):
        return True
    if block.letters <= _BANNER and block.buttons and _COOKIE.search(node.text(deep=True)):
        return True
    menu = block.links > 2 and block.density >= 0.7 and block.linked / block.links <= _LABEL and not block.heading
    return menu and page.density < 0.6 and node.tag in _HOLDERS


def _called(node: LexborNode, block: _Weight) -> str:
    """Its classes and role, and of a small block its id: that of a large one is often made from its heading."""
    attributes = node.attributes
    id = attributes.get("id") if block.plain <= _BANNER and not block.heading else None
    return " ".join(filter(None, (attributes.get("class"), attributes.get("role"), id)))
