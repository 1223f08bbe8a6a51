"""`cairn memory` and what is remembered, as people use it: whole processes."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.command import cairn


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("CAIRN_")}
    home = str(tmp_path / "home")
    return {**kept, "CAIRN_HOME": home, "CAIRN_MODEL": "builtin", "CAIRN_EMBEDDINGS": "hash", "CAIRN_SAMPLES": "false"}


def listed(env: dict[str, str], *arguments: str) -> list[str]:
    return [fact["text"] for fact in json.loads(cairn(env, "memory", "list", "--json", *arguments).stdout)]


def test_facts_are_added_replaced_corrected_searched_and_forgotten(env: dict[str, str]) -> None:
    assert "Nothing is remembered yet" in cairn(env, "memory", "list").stderr
    assert "Remembered: lives in Berlin" in cairn(env, "memory", "add", "lives in Berlin").stdout
    cairn(env, "memory", "add", "喜欢喝茶")
    assert "replaces" not in cairn(env, "memory", "add", "lives in Paris").stdout
    assert listed(env) == ["lives in Paris", "喜欢喝茶", "lives in Berlin"]
    [berlin] = [fact for fact in json.loads(cairn(env, "memory", "list", "--json").stdout) if "Berlin" in fact["text"]]
    replaced = cairn(env, "memory", "correct", berlin["id"][:8], "lives in Paris").stdout
    assert "lives in Paris (replaces: lives in Berlin)" in replaced
    assert listed(env) == ["lives in Paris", "喜欢喝茶"]
    assert listed(env, "--all") == ["lives in Paris", "喜欢喝茶", "lives in Berlin"]
    assert listed(env, "喝什么茶")[0] == "喜欢喝茶"
    tea = cairn(env, "memory", "list", "喝茶").stdout.splitlines()[1].split()[0]
    assert "喜欢喝咖啡 (replaces: 喜欢喝茶)" in cairn(env, "memory", "correct", tea, "喜欢喝咖啡").stdout
    [coffee] = [fact for fact in json.loads(cairn(env, "memory", "list", "--json").stdout) if "咖啡" in fact["text"]]
    assert (coffee["said_by"], coffee["thread"]) == ("user", None)
    assert "Forgotten: 喜欢喝咖啡" in cairn(env, "memory", "forget", coffee["id"][:8]).stderr
    assert listed(env, "--all") == ["lives in Paris", "lives in Berlin"]
    cairn(env, "memory", "forget", "--all")
    assert listed(env, "--all") == []


def test_what_is_wrong_is_said_in_one_line(env: dict[str, str]) -> None:
    assert "looks like a password" in cairn(env, "memory", "add", "my password is 123", ok=2).stderr
    assert "No fact 'abc'" in cairn(env, "memory", "forget", "abc", ok=2).stderr
    assert "Say which fact" in cairn(env, "memory", "forget", ok=2).stderr
    assert "can't both be had" in cairn(env, "memory", "list", "tea", "--all", ok=2).stderr


def test_the_builtin_model_remembers_and_forgets_when_it_is_told_to(env: dict[str, str]) -> None:
    assert "Remembered: I prefer metric units" in cairn(env, "ask", "Remember that I prefer metric units.").stdout
    [fact] = json.loads(cairn(env, "memory", "list", "--json").stdout)
    assert fact["said_by"] == "model" and fact["thread"] and fact["run"]
    told = cairn(env, "ask", "请记住我偏好英制单位。").stdout
    assert "Remembered: 我偏好英制单位" in told
    assert "I prefer metric units" in cairn(env, "ask", "What do you know about me?").stdout
    assert listed(env) == ["我偏好英制单位", "I prefer metric units"]
    assert "Forgotten" in cairn(env, "ask", "Forget that I prefer metric units").stdout
    assert listed(env, "--all") == ["我偏好英制单位"]


def test_another_user_of_the_same_home_sees_nothing(env: dict[str, str]) -> None:
    cairn(env, "memory", "add", "lives in Berlin")
    [fact] = json.loads(cairn(env, "memory", "list", "--json").stdout)
    bob = {**env, "CAIRN_USER": "bob"}
    assert listed(bob, "--all") == listed(bob, "Berlin") == []
    cairn(bob, "memory", "forget", fact["id"], ok=2)
    cairn(bob, "memory", "correct", fact["id"], "lives in Rome", ok=2)
    cairn(bob, "memory", "forget", "--all")
    assert "Berlin" not in cairn(bob, "ask", "What do you know about me?").stdout
    assert listed(env) == ["lives in Berlin"]
