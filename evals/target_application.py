"""An application that people have already, asked as a model at an OpenAI-compatible address: its own prompt answers."""

from __future__ import annotations

import os
from dataclasses import replace

from pydantic import SecretStr

from cairn.core.errors import UsageError
from cairn.core.settings import Settings
from cairn.evals.evaluation_request import Wanted
from cairn.models.model_registry import make_chat_model

KEY = "CAIRN_TARGET_KEY"
"""The environment variable with the application's key."""
TASK = "application"
NOT_TOLD = frozenset({"query", "tool_calls"})
"""Golds that its answers say nothing of: which query it ran, which tools it called."""


def of_target(wanted: Wanted, settings: Settings) -> Wanted:
    """The same, asked of `wanted.target`. Each answer is asked for: an application is another one tomorrow.

    Raises UsageError, SettingsError.
    """
    if wanted.model or wanted.predictions:
        raise UsageError(
            "A target answers by itself.", "Leave --model and --predictions out; --target-model names one."
        )
    key = os.environ.get(KEY)
    at = settings.model_copy(
        update={"base_url": wanted.target, "api_key": SecretStr(key) if key else None, "model": "auto"}
    )
    at.keep_secrets()
    model = make_chat_model(f"openai:{wanted.target_model}" if wanted.target_model else "auto", at)
    return replace(wanted, task=wanted.task or TASK, model=model, fresh=True)
