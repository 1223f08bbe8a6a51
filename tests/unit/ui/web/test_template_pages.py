"""What the page Prompts says when something is saved or asked, without a browser."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from cairn.agents.service import Cairn
from cairn.core.settings import Home, load_settings
from cairn.ui.web import page_choices
from tests.unit.ui.web.conftest import labels, page_of, press, shown


@pytest.fixture
def cairn(home: Home, monkeypatch: pytest.MonkeyPatch) -> Cairn:
    monkeypatch.setenv("CAIRN_SAMPLES", "false")
    return Cairn(load_settings(home.root))


def opened(view: str = "edit", template: str = "default") -> AppTest:
    page = page_of("prompts")
    page.session_state["prompts_view"] = view
    page.run()
    page.selectbox(key="prompts_task").select("math").run()
    page.selectbox(key="prompts_template:math").select(template).run()
    return page


def toasts(page: AppTest) -> str:
    return " ".join(toast.value for toast in page.toast)


@pytest.mark.parametrize(
    ("template", "told"),
    [("pirate", "is saved. It answers once you make it live."), ("default", "from the next question on")],
)
def test_what_is_saved_says_whether_it_answers(cairn: Cairn, template: str, told: str) -> None:
    text = cairn.prompts.text("math", "default")
    if template == "pirate":
        cairn.prompts.save_text("math", "pirate", text)
    page = opened(template=template)
    role = page.text_area(key=f"edited:math:{template}:role")
    role.input(role.value.replace("You solve", "You, a pirate, solve")).run()
    press(page, "Save")
    assert told in shown(page)
    assert cairn.prompts.text("math", template) == text.replace("You solve", "You, a pirate, solve")


def test_an_edit_and_the_question_of_its_preview_outlast_another_view(cairn: Cairn) -> None:
    page = opened()
    page.text_area(key="edited:math:default:role").input("You keep a lighthouse.").run()
    page.segmented_control(key="prompts_view").set_value("versions").run()
    page.segmented_control(key="prompts_view").set_value("edit").run()
    assert page.text_area(key="edited:math:default:role").value == "You keep a lighthouse."
    assert "Discard changes" in labels(page)
    page.toggle(key="prompts_as_text").set_value(True).run()
    assert "role: You keep a lighthouse." in page.text_area(key="edited:math:default:None").value
    press(page, "Discard changes")
    assert "lighthouse" not in page.text_area(key="edited:math:default:None").value


def test_a_head_that_can_not_be_read_is_set_right_in_the_text(cairn: Cairn) -> None:
    page = opened()
    page.toggle(key="prompts_as_text").set_value(True).run()
    page.text_area(key="edited:math:default:None").input("---\nrole: [\n---\n").run()
    page.toggle(key="prompts_as_text").set_value(False).run()
    assert "is not YAML" in shown(page)
    assert page.text_area(key="edited:math:default:None").value == "---\nrole: [\n---\n"


def test_a_template_is_saved_under_the_name_that_stands_in_the_field(cairn: Cairn) -> None:
    page = opened()
    page.text_input(key="new_name:math").input(" Light keeper")
    next(button for button in page.button if button.form_id == "save_as").click().run()
    assert toasts(page) == ""
    assert page.selectbox(key="prompts_template:math").value == "light-keeper"


def test_saving_what_was_not_changed_says_so(cairn: Cairn) -> None:
    page = opened()
    press(page, "Save")
    assert "Nothing was changed" in toasts(page)
    assert "Undo saving" not in labels(page)


def test_asking_without_a_question_says_what_is_missing(cairn: Cairn) -> None:
    page = opened("trials")
    press(page, "Ask both")
    assert "Write a question first." in shown(page)


def test_the_model_of_a_comparison_begins_as_the_chats_and_leaves_that_alone(cairn: Cairn) -> None:
    page = opened("trials")
    page.session_state["model"] = "openai:chat"
    page.run()
    menu = next(menu for menu in page.selectbox if menu.label == "Model, here only")
    assert menu.value == "openai:chat"
    menu.select("builtin").run()
    assert next(menu for menu in page.selectbox if menu.label == "Model, here only").value == "builtin"
    assert page.session_state["model"] == "openai:chat"


def test_what_was_done_is_told_on_its_own_page_and_what_was_undone_as_well(cairn: Cairn) -> None:
    cairn.prompts.save_text("math", "pirate", cairn.prompts.text("math", "default"))
    page = opened(template="pirate")
    press(page, "Make it live")
    assert cairn.prompts.task("math").template == "pirate"
    page.session_state["last_page"] = "settings"
    page.run()
    assert "Undo making it live" not in labels(page)
    page.session_state["last_page"] = None
    page.run()
    press(page, "Undo making it live")
    assert cairn.prompts.task("math").template == "default"
    assert "Undone: task math answers with template default again." in shown(page)
    page.run()
    assert "Undone: task math answers with template default again." in shown(page)


def test_it_begins_with_the_task_of_the_chat_and_another_that_is_made_live_can_be_used_there(cairn: Cairn) -> None:
    page = page_of("prompts").run()
    assert page.selectbox(key="prompts_task").value == "assistant"
    assert "This is the task that the chat uses." in shown(page)
    page.selectbox(key="prompts_task").select("documents").run()
    page.selectbox(key="prompts_template:documents").select("quotes").run()
    press(page, "Make it live")
    assert "The chat uses another task, assistant" in shown(page)
    press(page, "Use documents in the chat")
    assert "The chat uses another task" not in shown(page)
    assert page_choices.read(cairn)["chat_task"] == "documents"


def test_the_newer_of_two_versions_is_the_green_one_also_after_an_undo(cairn: Cairn) -> None:
    text = cairn.prompts.text("math", "default")
    page = opened()
    page.text_area(key="edited:math:default:role").input("You keep a lighthouse.").run()
    press(page, "Save")
    page.segmented_control(key="prompts_view").set_value("versions").run()
    assert "+role: You keep a lighthouse." in page.code[0].value
    press(page, "Undo saving")
    assert cairn.prompts.text("math", "default") == text
    assert "+role: You keep a lighthouse." in page.code[0].value
    assert "@@" not in page.code[0].value
