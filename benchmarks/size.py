"""Lines of code by package: those that hold a token which is neither a comment nor a docstring. Without tests.

    python -m benchmarks.size [FOLDER …]

FOLDER is a checkout, this one by default; several are set side by side.
"""

from __future__ import annotations

import ast
import io
import sys
import tokenize
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGES = ("agents", "cairn", "chains", "core", "databases", "evals", "language", "memory", "models", "prompts")
PACKAGES += ("retrieval", "samples", "tools", "ui")
PARTS = ("models/builtin", "chains/checks", "retrieval/load")
_NO_CODE = {
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENCODING,
    tokenize.ENDMARKER,
}


def lines_of_code(text: str) -> int:
    """How many lines of a module hold code."""
    held: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in _NO_CODE:
            held.update(range(token.start[0], token.end[0] + 1))
    return len(held - _docstrings(ast.parse(text)))


def _docstrings(tree: ast.AST) -> set[int]:
    """Lines of strings that stand alone: docstrings, and texts below a name that say what it is."""
    alone = (node for node in ast.walk(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
    return {
        line
        for node in alone
        if isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)
    }


def by_package(root: Path) -> Counter[str]:
    """Of each package and of the parts that have a bound of their own."""
    found: Counter[str] = Counter()
    for package in PACKAGES:
        for path in sorted((root / package).rglob("*.py")):
            count = lines_of_code(path.read_text("utf-8"))
            found[package] += count
            found["in all"] += count
            for part in PARTS:
                if path.is_relative_to(root / part):
                    found[part] += count
                    found[f"{part}, all lines"] += len(path.read_text("utf-8").splitlines())
    return found


def main() -> None:
    roots = [Path(name) for name in sys.argv[1:]] or [ROOT]
    counts = [by_package(root) for root in roots]
    names = [*PACKAGES, "in all", *PARTS, *(f"{part}, all lines" for part in PARTS)]
    for name in names:
        print(f"{name:28}" + "".join(f"{count[name]:10,}" for count in counts))


if __name__ == "__main__":
    main()
