from __future__ import annotations

from collections.abc import Iterator

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest


@pytest.fixture(autouse=True)
def _no_home_of_another_test() -> Iterator[None]:
    """The page keeps its home open for all sessions of a process."""
    _forget()
    yield
    _forget()


def _forget() -> None:
    st.cache_resource.clear()
    st.cache_data.clear()


def page_of(name: str) -> AppTest:
    """One of the pages around the chat, on the home of the test."""
    script = f"from cairn.ui.web import {name}_page, page_home\n{name}_page.page(page_home.open_home())"
    return AppTest.from_string(script, default_timeout=60)


def labels(page: AppTest) -> list[str]:
    """What its buttons say."""
    return [button.label.replace("\\", "") for button in page.button]


def press(page: AppTest, label: str) -> None:
    next(button for button in page.button if button.label.replace("\\", "") == label).click().run()
    assert not page.exception


def shown(page: AppTest) -> str:
    """What it says in its own HTML."""
    return "\n".join(str(element.proto.body) for element in page.get("html"))
