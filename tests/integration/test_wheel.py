"""The wheel beside somebody's project that has packages of the same names as our folders."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built as an installer builds it, unpacked in a folder of its own."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(folder), str(ROOT)]
    built = subprocess.run(command, capture_output=True, text=True)
    if built.returncode and not os.environ.get("CI"):
        pytest.skip(f"the wheel can't be built here, which needs hatchling from a package registry: {built.stderr}")
    assert built.returncode == 0, built.stderr
    target = folder / "site"
    with zipfile.ZipFile(next(folder.glob("*.whl"))) as wheel:
        wheel.extractall(target)
    return target


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name in ("tools", "agents", "models", "memory", "prompts"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text(f"mine = {name!r}")
    return tmp_path


def python(installed: Path, project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """In the project's folder; the checkout that these tests run from is not on the path."""
    started = (
        "import sys, runpy\n"
        f"others = [path for path in sys.path if path not in ('', {str(ROOT)!r})]\n"
        f"sys.path[:] = [{str(project)!r}, {str(installed)!r}, *others]\n"
        "sys.argv = sys.argv[1:]\n"
        "runpy.run_module('cairn', run_name='__main__') if sys.argv[0] == 'cairn' else exec(sys.argv[0])\n"
    )
    env = os.environ | {"CAIRN_HOME": str(project / ".home"), "CAIRN_MODEL": "builtin"}
    command = [sys.executable, "-c", started, *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=project, env=env)


def test_the_wheel_holds_one_package(installed: Path) -> None:
    assert {path.name for path in installed.iterdir() if path.suffix != ".dist-info"} == {"cairn"}
    assert (installed / "cairn" / "py.typed").is_file()
    assert (installed / "cairn" / "prompts" / "library" / "documents" / "task.yaml").is_file()
    assert not list(installed.rglob("__pycache__"))


def test_it_answers_beside_packages_of_the_same_names(installed: Path, project: Path) -> None:
    done = python(installed, project, "cairn", "ask", "What is 2480 * 17.5%?")
    assert "434" in done.stdout, done.stderr
    code = "import tools, agents, models, cairn.tools, cairn.agents; print(tools.mine, agents.mine, cairn.__file__)"
    mine, theirs, ours = python(installed, project, code).stdout.split()
    assert (mine, theirs) == ("tools", "agents")
    assert Path(ours).is_relative_to(installed)
