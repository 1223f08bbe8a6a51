"""Our folders have generic names. This holds that they are ours, wherever Python looks."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
import tomllib
from importlib.metadata import distributions
from pathlib import Path

import pytest

from cairn.settings import Settings

ROOT = Path(__file__).parents[2]
ROOMS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]


@pytest.mark.parametrize("room", ROOMS)
def test_each_room_is_this_repository_s_folder(room: str) -> None:
    spec = importlib.util.find_spec(room)
    assert spec is not None
    assert spec.origin == str(ROOT / room / "__init__.py")


def test_no_other_distribution_ships_a_file_under_our_names() -> None:
    taken = {
        f"{dist.metadata['Name']}: {file}"
        for dist in distributions()
        if dist.metadata["Name"] != "cairn-chat"
        for file in dist.files or []
        if file.parts[0] in ROOMS or file.parts[0] in {f"{room}.py" for room in ROOMS}
    }
    assert taken == set()


def test_no_module_of_the_page_hides_a_room() -> None:
    """`streamlit run` puts the script's folder first on the path."""
    names = {path.stem for path in (ROOT / "ui").rglob("*") if path.suffix == ".py" or path.is_dir()}
    assert names.isdisjoint(ROOMS)


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; sys.argv = ['cairn', '--help']\n"
        "from ui.cli import main\n"
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
    from cairn.task import Task

    text = (ROOT / "docs" / "tasks.md").read_text("utf-8")
    names = set(Task.model_fields) - {"name"}
    for field in Task.model_fields.values():
        if hasattr(field.annotation, "model_fields"):
            names |= set(field.annotation.model_fields)  # type: ignore[union-attr]
    assert {name for name in names if not re.search(rf"\b{name}:", text)} == set()


def test_every_event_type_is_documented() -> None:
    from cairn.events import DATA

    text = (ROOT / "docs" / "answers.md").read_text("utf-8")
    assert {name for name in DATA if f"| `{name}` |" not in text} == set()


def test_no_link_in_the_documents_is_broken() -> None:
    for page in [ROOT / "README.md", *(ROOT / "docs").glob("*.md"), ROOT / "benchmarks" / "README.md"]:
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text("utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"
