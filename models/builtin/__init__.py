"""The embedded chat model: no key, no download, no server. It calls tools and quotes; it never invents prose."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from models.builtin.chat import BuiltinChatModel

__all__ = ["BuiltinChatModel"]


def __getattr__(name: str) -> Any:
    """LangChain is imported when the model is wanted, not before."""
    if name == "BuiltinChatModel":
        from models.builtin.chat import BuiltinChatModel

        return BuiltinChatModel
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
