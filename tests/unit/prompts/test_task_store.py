from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from cairn.core.errors import CairnError, TaskError, TemplateError, UsageError
from cairn.core.registry import find
from cairn.core.settings import Home
from cairn.core.strategy import Example
from cairn.prompts.task_store import PromptStore
from cairn.prompts.template_versions import TemplateVersions


@pytest.fixture
def store(home: Home) -> PromptStore:
    return PromptStore(home)


def own(home: Home, task: str, **files: str) -> Path:
    folder = home.prompts / task
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(text, "utf-8")
    return folder


def test_every_packaged_task_is_whole(store: PromptStore) -> None:
    assert {"assistant", "documents", "database", "math", "extract", "classify"} <= set(store.tasks())
    for name in store.tasks():
        task = store.task(name)
        find("strategy", task.strategy).load()
        store.examples(name)
        assert [store.template(name, template) for template in store.templates(name)]
        assert task.description


def test_the_home_wins_file_by_file(store: PromptStore, home: Home) -> None:
    packaged = store.template("documents", "default").hash
    own(home, "documents", default__md="mine {{context}}")
    assert store.template("documents", "default").hash != packaged
    assert store.task("documents").strategy == "rag"


def test_use_holds_from_the_next_reading_on(store: PromptStore) -> None:
    store.use("documents", {"template": "quotes"})
    assert store.task("documents").template == "quotes"


def test_use_of_a_template_that_is_not_there_changes_nothing(store: PromptStore, home: Home) -> None:
    with pytest.raises(TemplateError, match="default, quotes"):
        store.use("documents", {"template": "nope"})
    assert store.task("documents").template == "default"


def test_an_unknown_task_names_those_there_are(store: PromptStore) -> None:
    with pytest.raises(TaskError, match="assistant"):
        store.task("nope")


@pytest.mark.parametrize("name", ["", "..", "../documents", "a b", "\ud800", "x" * 5000, "a\x00b"])
def test_names_that_are_no_names_are_refused(store: PromptStore, name: str) -> None:
    with pytest.raises(CairnError):
        store.task(name)
    with pytest.raises(CairnError):
        store.template("documents", name)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("strategy: [", "line"),
        ("just text", "mapping"),
        ("stratgy: rag", "stratgy"),
        ("retrieval: {k: many}", "retrieval.k"),
        ("limits: {seconds: -1}", "limits.seconds"),
    ],
)
def test_a_broken_task_file_says_what_and_where(store: PromptStore, home: Home, text: str, said: str) -> None:
    own(home, "mine", task__yaml=text)
    with pytest.raises(TaskError, match=said) as error:
        store.task("mine")
    assert "task.yaml" in str(error.value)


def test_a_wrong_example_names_its_line(store: PromptStore, home: Home) -> None:
    own(home, "classify", examples__jsonl='{"input": "a", "output": "b"}\n\n{"input": "a"}\n')
    with pytest.raises(TaskError, match="line 3"):
        store.examples("classify")


def test_a_task_can_be_a_folder_anywhere(store: PromptStore, tmp_path: Path) -> None:
    folder = tmp_path / "letters"
    folder.mkdir()
    (folder / "task.yaml").write_text("strategy: direct", "utf-8")
    (folder / "default.md").write_text("Write a letter.", "utf-8")
    assert store.task(str(folder)).name == "letters"
    assert store.template(str(folder), "default").format_messages()[0].content == "Write a letter."


def test_copies_and_new_tasks_are_the_home_s_own(store: PromptStore, home: Home) -> None:
    path = store.copy("documents", "mine", "quotes")
    assert path.is_relative_to(home.root)
    assert "mine" in store.templates("documents")
    with pytest.raises(UsageError, match="already"):
        store.copy("documents", "mine")
    store.new_task("letters", "direct", "Letters.")
    assert store.task("letters").description == "Letters."
    with pytest.raises(UsageError):
        store.new_task("letters", "direct", "")


def test_files_as_other_editors_write_them(store: PromptStore, home: Home) -> None:
    folder = home.prompts / "letters"
    folder.mkdir()
    mark = b"\xef\xbb\xbf"
    (folder / "task.yaml").write_bytes(mark + b"description: Letters\r\nstrategy: direct\r\n")
    (folder / "default.md").write_bytes(mark + b"---\r\nrole: A clerk.\r\n---\r\nHi\r\n\r\nuser:\r\n{{question}}\r\n")
    line = {"input": "a\u2028b\x85c", "output": "d\x0ce"}
    (folder / "examples.jsonl").write_bytes(mark + json.dumps(line, ensure_ascii=False).encode() + b"\r\n")
    assert store.task("letters").description == "Letters"
    messages = store.template("letters", "default").format_messages(question="x")
    assert [message.text for message in messages] == ["A clerk.\n\nHi", "x"]
    assert store.examples("letters") == [line]


@pytest.mark.parametrize("text", ["description: 2024-13-45\n", "[" * 5000, "1: x\n", "- a\n", "", "a: &a [*a]\n"])
def test_any_broken_yaml_is_one_clear_error(store: PromptStore, home: Home, text: str) -> None:
    folder = home.prompts / "bad"
    folder.mkdir()
    (folder / "task.yaml").write_text(text, "utf-8")
    with pytest.raises(TaskError, match=r"task\.yaml"):
        store.task("bad")


def test_a_broken_patch_is_named_by_its_file(store: PromptStore, home: Home) -> None:
    (home.prompts / "math").mkdir()
    (home.prompts / "math" / "patch.yaml").write_text("stratgy: rag\n", "utf-8")
    with pytest.raises(TaskError, match=r"patch\.yaml"):
        store.task("math")


def test_only_what_can_be_used_is_listed(store: PromptStore, home: Home) -> None:
    (home.prompts / "math").mkdir()
    (home.prompts / "math" / "My Notes.md").write_text("x", "utf-8")
    assert "My Notes" not in store.templates("math")


def test_swaps_at_the_same_time_leave_a_whole_file(store: PromptStore, home: Home) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: store.use("assistant", {"template": "thorough"}), range(40)))
    assert store.task("assistant").template == "thorough"
    assert [path.name for path in (home.prompts / "assistant").iterdir()] == ["patch.yaml"]


def test_an_example_may_name_its_database_and_nothing_else(store: PromptStore, home: Home) -> None:
    line = {"input": "a", "output": "SELECT 1", "database": "shop"}
    own(home, "database", examples__jsonl=json.dumps(line))
    assert store.examples("database") == [line]
    own(home, "database", examples__jsonl=json.dumps({**line, "dialect": "sqlite"}))
    with pytest.raises(TaskError, match="line 1 is not an example"):
        store.examples("database")


def test_a_draft_is_read_as_the_template_by_its_own_thread_alone(store: PromptStore) -> None:
    before = store.text("math", "default")
    with store.drafting("math", "default", "---\nrole: You count.\n---\n"):
        assert store.template("math", "default").head.role == "You count."
        assert store.text("math", "answer-only") != store.text("math", "default")
    assert store.text("math", "default") == before


def test_what_is_no_template_is_not_saved(store: PromptStore, home: Home) -> None:
    with pytest.raises(TemplateError, match="line 1"):
        store.save_text("math", "mine", "{{ question }}")
    with pytest.raises(UsageError, match="no name"):
        store.save_text("math", "../mine", "fine")
    assert not (home.prompts / "math" / "mine.md").exists()


def test_a_template_of_ones_own_is_saved_and_forgotten(store: PromptStore) -> None:
    packaged = store.text("math", "default")
    store.save_text("math", "default", "---\nrole: You count.\n---\n")
    assert store.template("math", "default").head.role == "You count."
    assert store.forget_text("math", "default") == "---\nrole: You count.\n---\n"
    assert store.text("math", "default") == packaged
    with pytest.raises(UsageError, match="packaged"):
        store.forget_text("math", "default")


def test_examples_and_questions_are_kept_as_they_are_given(store: PromptStore) -> None:
    examples: list[Example] = [
        {"input": "谁？", "output": "a\nb"},
        {"input": "q", "output": "SELECT 1", "database": "d"},
    ]
    store.set_examples("math", examples)
    assert store.examples("math") == examples
    store.set_questions("math", ["  2 + 2?\n", "", "三加四？"])
    assert store.questions("math") == ["2 + 2?", "三加四？"]


def test_every_saved_text_of_a_template_is_a_version(store: PromptStore, home: Home) -> None:
    versions = TemplateVersions(home, store)
    packaged = store.text("math", "default")
    for text in ("one", "two", "two"):
        versions.save("math", "default", text)
    assert [version.text for version in versions.list("math", "default")] == ["two", "one", packaged]
    assert store.templates("math") == ["answer-only", "default", "small"]
