"""How much of the house a question goes through, and how it hangs together. Needs no service and no network.

    python -m benchmarks.house [--files]

With `--files` each command's files follow, with their lines.
Files are our own of which a function ran, in any thread, between the command's first line and its last, in a home that
has answered before. What runs while a module is imported is not counted, nor what runs in other processes (parsers of
files, the processes that ask databases).
"""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import grimp

from benchmarks.size import PACKAGES, by_package

ROOT = Path(__file__).parents[1]
NOTE = "# Moorings\n\nBoats longer than nine metres moor at the north pier.\n"
PAIR = {"question": "How many customers are there?", "query": "SELECT count(*) FROM customers", "database": "shop"}
COMMANDS: Mapping[str, tuple[int | None, list[str]]] = {
    "a sum": (55, ["ask", "What is 2480 * 17.5%?"]),
    "a question to documents": (70, ["ask", "--task", "documents", "How long is parental leave?"]),
    "a question to a database": (80, ["ask", "--task", "database", "How many customers are there?"]),
    "one evaluated case": (85, ["eval", "set.jsonl", "--task", "database"]),
    "one added file": (None, ["add", "note.md"]),
}
PROFILED = """
import json, os, sys, threading
from collections import defaultdict

importing, files = defaultdict(int), set()

def note(frame, event, _argument):
    code, thread = frame.f_code, threading.get_ident()
    if code.co_filename == "<frozen importlib._bootstrap>" and code.co_name == "_find_and_load":
        importing[thread] += {"call": 1, "return": -1}.get(event, 0)
    elif event == "call" and not importing[thread]:
        files.add(code.co_filename)

threading.setprofile(note)
sys.setprofile(note)
sys.argv = ["cairn", *sys.argv[2:]]
try:
    from cairn.ui.cli import main
    main()
finally:
    sys.setprofile(None)
    with open(os.environ["FILES"], "w") as out:
        json.dump(sorted(files), out)
"""
# A role of the field that several packages have one of, each by the same name.
ROLES = {"__init__", "__main__"}
# A class that holds a text and the document it is from is one shape of a found passage; what is indexed is none yet.
TEXT, PLACE = {"text", "quote"}, {"source", "heading"}


def entered(arguments: list[str], home: str, folder: Path) -> tuple[str, set[str]]:
    """What the command said, and our files of which a function ran, as paths below the repository."""
    env = os.environ | {"CAIRN_HOME": home, "CAIRN_MODEL": "builtin", "FILES": str(folder / "files.json")}
    command = [sys.executable, "-c", PROFILED, "profiled", *arguments]
    done = subprocess.run(command, env=env, cwd=folder, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"cairn {' '.join(arguments)} failed: {done.stderr}")
    found = {Path(name) for name in json.loads((folder / "files.json").read_text()) if not name.startswith("<")}
    ours = {path.resolve() for path in found if path.resolve().is_relative_to(ROOT)}
    return done.stdout, {str(path.relative_to(ROOT)) for path in ours if path.relative_to(ROOT).parts[0] in PACKAGES}


def walks(each: bool) -> None:
    """Prints how many files each command goes through, of which packages and, where wanted, which with their lines."""
    with tempfile.TemporaryDirectory() as home, tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        (folder / "set.jsonl").write_text(json.dumps(PAIR))
        (folder / "note.md").write_text(NOTE)
        for name, (bound, arguments) in COMMANDS.items():
            if arguments[0] != "add":
                entered(arguments, home, folder)
            _, files = entered(arguments, home, folder)
            packages = Counter(file.split("/")[0] for file in files)
            wanted = f"at most {bound}" if bound else ""
            print(f"{name:28}{len(files):5} {wanted:12}" + ", ".join(f"{p} {n}" for p, n in sorted(packages.items())))
            for file in sorted(files) if each else ():
                print(f"  {len((ROOT / file).read_text('utf-8').splitlines()):5} {file}")


def modules() -> Iterator[Path]:
    for package in PACKAGES:
        yield from sorted(path for path in (ROOT / package).rglob("*.py") if "versions" not in path.parts)


def names_used_twice() -> dict[str, list[str]]:
    """File names that stand for different things in different folders."""
    places: defaultdict[str, set[str]] = defaultdict(set)
    for path in modules():
        places[path.stem].add(str(path.resolve().relative_to(ROOT)))
    return {name: sorted(paths) for name, paths in places.items() if len(paths) > 1 and name not in ROLES}


def passage_shapes() -> list[str]:
    """Classes of ours that hold a found passage; with LangChain's `Document` and the text in a prompt these are all."""
    found: list[tuple[str, str, set[str], list[str]]] = []
    for path in modules():
        place = path.resolve().relative_to(ROOT)
        if place.parts[0] in {"ui", "models", "language", "databases"} or place.parts[:2] == ("retrieval", "load"):
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ClassDef):
                bases = [base.id for base in node.bases if isinstance(base, ast.Name)]
                found.append((f"{place}: {node.name}", node.name, set(_fields(node)), bases))

    def held(name: str, fields: set[str], bases: list[str]) -> set[str]:
        inherited = (held(*other[1:]) for other in found if other[1] in bases and other[1] != name)
        return fields.union(*inherited)

    return [told for told, *rest in found if TEXT & (fields := held(*rest)) and fields >= PLACE]


def _fields(node: ast.ClassDef) -> Iterator[str]:
    for line in node.body:
        if isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name):
            yield line.target.id


def circles() -> list[list[str]]:
    """Modules that import each other, also inside functions; what is there for the type checker alone is no import."""
    graph = grimp.build_graph("cairn", exclude_type_checking_imports=True, cache_dir=None)
    imports = {module: set(graph.find_modules_directly_imported_by(module)) for module in graph.modules}
    found: list[list[str]] = []
    while True:
        try:
            TopologicalSorter(imports).prepare()
        except CycleError as error:
            circle: list[str] = error.args[1]
            found.append(circle)
            imports[circle[1]].discard(circle[0])
        else:
            return found


def main() -> None:
    walks(each="--files" in sys.argv[1:])
    print(f"\nfile names for different things: {len(twice := names_used_twice())}")
    for name, paths in sorted(twice.items()):
        print(f"  {name}: {', '.join(paths)}")
    print(f"shapes of a passage: {len(shapes := passage_shapes())} classes, a Document, and text in a prompt")
    for shape in shapes:
        print(f"  {shape}")
    print(f"circles of imports: {len(found := circles())}")
    for circle in found:
        print(f"  {' <- '.join(circle)}")
    print("\nlines of code")
    for name, count in by_package(ROOT).items():
        print(f"  {name:28}{count:8,}")


if __name__ == "__main__":
    main()
