"""Source code: a section for each function or class, the text as it is."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterable, Iterator
from functools import partial

from cairn.retrieval.load.loaded_document import Document, Section
from cairn.retrieval.load.text_decoding import decode

Definition = tuple[int, str, int]
"""Its first line from 0, its name, and how deep it stands."""

_LONG = 60
"""Lines: a class with more is a section for each of its methods."""
_MODIFIERS = (
    r"(?:(?:export|default|declare|public|private|protected|internal|static|final|abstract|async|override|open|data|"
    r"sealed|partial|virtual|pub(?:\([^)]*\))?|unsafe|const|inline|extern(?:\s+\"C\")?|suspend|case|implicit)\s+)*"
)
_KINDS = (
    r"(?:function\*?|func|fn|fun|def|sub|class|interface|struct|enum|trait|impl(?:<[^>]*>)?|object|module|namespace|"
    r"record|protocol|extension|type|macro|contract|library)"
)
_KEYWORD = re.compile(rf"^([ \t]*){_MODIFIERS}{_KINDS}\s+(?:\([^)]*\)\s*)?([\w$.:<>]+)")
_ARROW = re.compile(
    r"^([ \t]*)(?:export\s+)?(?:const|let|var)\s+([\w$]+)\s*=\s*(?:async\s*)?(?:function\b|\([^)]*\)\s*=>|[\w$]+\s*=>)"
)
_SIGNATURE = re.compile(
    r"^([ \t]{0,4})(?!(?:return|else|if|for|while|switch|catch|new|throw|case|using)\b)"
    r"[\w<>\[\],:&*~ \t]+?[ \t*&]([~\w:]+)\s*\([^;{}]*\)\s*(?:const|noexcept|override|throws [\w, .]+)?\s*(?:\{.*)?$"
)
_SQL = re.compile(
    r"^()\s*create\s+(?:or\s+replace\s+)?(?:temp(?:orary)?\s+)?"
    r"(?:table|view|function|procedure|trigger|index)\s+(?:if\s+not\s+exists\s+)?([\w.\"`\[\]]+)",
    re.IGNORECASE,
)
_SHELL = re.compile(r"^()(?:function\s+)?([\w-]+)\s*\(\)\s*\{?")
_ABOVE = re.compile(r"\s*(?://|/\*|\*|#|--|@|\[|///|<!--|%)")

_PATTERNS = {
    "keyword": (_KEYWORD,),
    "script": (_KEYWORD, _ARROW),
    "braces": (_KEYWORD, _SIGNATURE),
    "sql": (_SQL,),
    "shell": (_SHELL,),
}


def load_python(data: bytes, name: str) -> Document:
    text = decode(data)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about the code's own backslashes
            definitions = list(_defined(ast.parse(text)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # another version's, or unfinished
        definitions = list(_found(text, (_KEYWORD,)))
    return Document(name, text, _sections(text, definitions))


def load_code(data: bytes, name: str, kind: str) -> Document:
    text = decode(data)
    return Document(name, text, _sections(text, list(_found(text, _PATTERNS[kind]))))


load_scripts = partial(load_code, kind="script")
load_braces = partial(load_code, kind="braces")
load_keywords = partial(load_code, kind="keyword")
load_statements = partial(load_code, kind="sql")
load_shell = partial(load_code, kind="shell")


def _defined(tree: ast.Module) -> Iterator[Definition]:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield _first_line(node), node.name, 0
            if isinstance(node, ast.ClassDef) and (node.end_lineno or 0) - node.lineno > _LONG:
                for inner in node.body:
                    if isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                        yield _first_line(inner), f"{node.name}.{inner.name}", 1


def _first_line(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> int:
    return min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)]) - 1


def _found(text: str, patterns: Iterable[re.Pattern[str]]) -> Iterator[Definition]:
    """Lines that read like a definition, not deeper than a method of a class."""
    for number, line in enumerate(text.split("\n")):
        if len(line) > 300 or _ABOVE.match(line):
            continue
        match = next(filter(None, (pattern.match(line) for pattern in patterns)), None)
        if match and len(match[1].expandtabs(4)) <= 4:
            yield number, match[2], 1 if match[1] else 0


def _sections(text: str, definitions: list[Definition]) -> list[Section]:
    """From each definition, with the comment above it, to the next; what stands before the first is one too."""
    lines = text.split("\n")
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)
    cuts = [(0, None)] + [(_with_comment(lines, number), name) for number, name, _ in sorted(definitions)]
    ends = [starts[number] for number, _ in cuts[1:]] + [len(text)]
    sections = [
        Section(starts[number], end, name)
        for (number, name), end in zip(cuts, ends, strict=True)
        if text[starts[number] : end].strip()
    ]
    return sections or [Section(0, len(text))]


def _with_comment(lines: list[str], number: int) -> int:
    while number and _ABOVE.match(lines[number - 1]):
        number -= 1
    return number
