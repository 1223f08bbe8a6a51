"""What a template said before: each text that was saved is kept, beside the home's own templates."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from cairn.core.clean_text import clean
from cairn.core.errors import StorageError
from cairn.core.settings import Home
from cairn.prompts.task_store import PromptStore, read

_MOST = 100


@dataclass(frozen=True, slots=True)
class Version:
    """`saved` is in Unix seconds."""

    saved: float
    text: str


class TemplateVersions:
    """The versions of templates, each a file named after when it was saved.

    Args:
        home: Whose templates.
        store: Where they are written and read.
    """

    def __init__(self, home: Home, store: PromptStore) -> None:
        self._home = home
        self._store = store

    def save(self, task: str, template: str, text: str) -> None:
        """Write the template; what it said until now is kept as well. Raises as `PromptStore.save_text` does."""
        before = self._store.text(task, template) if template in self._store.templates(task) else None
        self._store.save_text(task, template, text)
        known = [version.text for version in self.list(task, template)]
        if before is not None and before not in known:
            self._keep(task, template, before, time.time() - 1)
        if clean(text) != (known[0] if known else None):
            self._keep(task, template, text, time.time())

    def list(self, task: str, template: str) -> list[Version]:
        """Newest first. Raises TaskError for a file that can't be read."""
        files = sorted(self._folder(task, template).glob("*.md"), reverse=True)
        return [Version(float(file.stem), read(file)) for file in files]

    def forget(self, task: str, template: str) -> None:
        """Delete every version: for a template that is deleted for good."""
        for file in self._folder(task, template).glob("*.md"):
            file.unlink(missing_ok=True)

    def _keep(self, task: str, template: str, text: str, saved: float) -> None:
        folder = self._folder(task, template)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"{saved:017.6f}.md").write_text(clean(text), "utf-8")
            for old in sorted(folder.glob("*.md"))[:-_MOST]:
                old.unlink(missing_ok=True)
        except OSError as error:
            raise StorageError(f"{folder} can't be written: {error.strerror}.", "Free room in the home.") from None

    def _folder(self, task: str, template: str) -> Path:
        return self._home.prompts / task / "versions" / template
