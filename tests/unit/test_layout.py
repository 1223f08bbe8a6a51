"""The packages are folders at the top of the repository and importable below `cairn` alone."""

from __future__ import annotations

import ast
import importlib.util
import re
import subprocess
import sys
import tomllib
from graphlib import TopologicalSorter
from pathlib import Path

import grimp
import pytest

from cairn.core.settings import Settings

ROOT = Path(__file__).parents[2]
PACKAGES = sorted({path.parent.name for path in ROOT.glob("*/__init__.py")} - {"cairn", "tests", "benchmarks"})
SCRIPTS = sorted(
    {path for folder in (*PACKAGES, "cairn", "tests", "benchmarks") for path in (ROOT / folder).rglob("*.py")}
)


@pytest.mark.parametrize("package", PACKAGES)
def test_each_package_is_a_folder_at_the_top_and_importable_below_cairn(package: str) -> None:
    spec = importlib.util.find_spec(f"cairn.{package}")
    assert spec is not None and spec.origin is not None
    assert Path(spec.origin).samefile(ROOT / package / "__init__.py")


def test_the_wheel_and_the_type_checker_know_each_package() -> None:
    told = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]
    assert sorted(told["hatch"]["build"]["targets"]["wheel"]["force-include"]) == PACKAGES
    assert sorted(told["pyright"]["include"]) == sorted(["cairn", *(f"cairn/{package}" for package in PACKAGES)])


def test_nothing_is_imported_by_the_name_of_its_folder_alone() -> None:
    """It would work in a checkout, whose folder is on the path, make each module twice, and fail when installed."""
    assert [f"{path}: {name}" for path in SCRIPTS for name in _imported(path) if name.split(".")[0] in PACKAGES] == []


def _imported(path: Path) -> list[str]:
    nodes = list(ast.walk(ast.parse(path.read_text("utf-8"))))
    names = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    return names + [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom) and not node.level]


def test_a_checkout_without_links_finds_its_packages(tmp_path: Path) -> None:
    """Git on Windows writes a link as a small text file."""
    (tmp_path / "cairn").mkdir()
    (tmp_path / "cairn" / "__init__.py").write_bytes((ROOT / "cairn" / "__init__.py").read_bytes())
    for package in PACKAGES:
        (tmp_path / "cairn" / package).write_text(f"../{package}")
    (tmp_path / "core").mkdir()
    (tmp_path / "core" / "__init__.py").write_text("found = True")
    code = "import cairn.core; print(cairn.core.found)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert done.stdout == "True\n"


def test_an_import_that_points_upwards_is_found(tmp_path: Path) -> None:
    """The linter walks the packages through their links: it must see what is in them."""
    for package in PACKAGES:
        (tmp_path / package).mkdir()
        (tmp_path / package / "__init__.py").touch()
    (tmp_path / "cairn").mkdir()
    (tmp_path / "cairn" / "__init__.py").touch()
    for package in PACKAGES:
        (tmp_path / "cairn" / package).symlink_to(f"../{package}")
    (tmp_path / "pyproject.toml").write_bytes((ROOT / "pyproject.toml").read_bytes())
    lint = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    assert subprocess.run(lint, cwd=tmp_path, capture_output=True).returncode == 0
    (tmp_path / "core" / "wrong.py").write_text("import cairn.ui")
    done = subprocess.run(lint, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 1
    assert "cairn.core is not allowed to import cairn.ui" in done.stdout


def test_no_modules_import_each_other_in_a_circle() -> None:
    """Also inside functions; what is there for the type checker alone is no import."""
    graph = grimp.build_graph("cairn", exclude_type_checking_imports=True, cache_dir=None)
    TopologicalSorter({name: graph.find_modules_directly_imported_by(name) for name in graph.modules}).prepare()


@pytest.mark.parametrize(("folders", "most"), [(("models/builtin", "language"), 2500), (("chains/checks",), 500)])
def test_what_is_to_stay_small_does(folders: tuple[str, ...], most: int) -> None:
    """The builtin model with its words, and the checks by rules: a rule more is worth another one less."""
    files = [path for folder in folders for path in (ROOT / folder).glob("*.py")]
    assert files
    assert sum(path.read_bytes().count(b"\n") for path in files) <= most


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; sys.argv = ['cairn', '--help']\n"
        "from cairn.ui.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print(*sorted({name.split('.')[0] for name in sys.modules}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    imported = set(done.stdout.splitlines()[-1].split())
    heavy = {"langchain", "langchain_core", "langgraph", "openai", "chromadb", "streamlit", "sqlalchemy", "pydantic"}
    heavy |= {"tantivy", "sqlglot", "onnxruntime", "numpy", "rich", "tiktoken", "asyncio"}
    assert imported & heavy == set()


def test_every_setting_is_documented() -> None:
    text = (ROOT / "docs" / "settings.md").read_text("utf-8")
    missing = [name for name, field in Settings.model_fields.items() if f"| `{name}` | {field.description}" not in text]
    assert missing == []


def test_every_task_field_is_documented() -> None:
    from cairn.core.task import Task

    text = (ROOT / "docs" / "tasks.md").read_text("utf-8")
    names = set(Task.model_fields) - {"name"}
    for field in Task.model_fields.values():
        if hasattr(field.annotation, "model_fields"):
            names |= set(field.annotation.model_fields)  # type: ignore[union-attr]
    assert {name for name in names if not re.search(rf"\b{name}:", text)} == set()


def test_every_event_type_is_documented() -> None:
    from cairn.core.events import DATA

    text = (ROOT / "docs" / "answers.md").read_text("utf-8")
    assert {name for name in DATA if f"| `{name}` |" not in text} == set()


def test_no_link_in_the_documents_is_broken() -> None:
    for page in [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), ROOT / "benchmarks" / "README.md"]:
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text("utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_every_file_that_the_documents_name_is_there() -> None:
    names = {str(path.relative_to(ROOT)) for path in SCRIPTS}
    for page in (ROOT / "docs").glob("*.md"):
        for named in re.findall(r"`([\w/]+\.py)`", page.read_text("utf-8")):
            assert any(name == named or name.endswith(f"/{named}") for name in names), f"{page.name}: {named}"
