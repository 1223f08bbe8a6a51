"""What a group of tools may be made over: the home that is open."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from cairn.core.settings import Settings

if TYPE_CHECKING:
    from cairn.databases.database_registry import Databases
    from cairn.memory.fact_store import Facts
    from cairn.retrieval.library import Library


class ToolHome(Protocol):
    """Of `cairn.agents.workspace.Workspace` what tools use; asking for documents or databases opens them."""

    settings: Settings
    facts: Facts

    @property
    def library(self) -> Library: ...

    @property
    def databases(self) -> Databases: ...
