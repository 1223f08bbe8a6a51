"""The home folder: where each thing of a user or a team lies."""

from __future__ import annotations

import os
from pathlib import Path

from cairn.core.errors import StorageError


class Home:
    """Paths below the home. Making one creates the folder, readable by its owner only; raises StorageError."""

    def __init__(self, root: Path) -> None:
        self.root = root
        try:
            root.mkdir(mode=0o700, parents=True, exist_ok=True)
            for folder in (self.prompts, self.index, self.locks):
                folder.mkdir(exist_ok=True)
        except OSError as error:
            raise StorageError(
                f"The home folder {root} can't be made: {error.strerror}.",
                "Choose another with --home or CAIRN_HOME.",
            ) from None
        if not os.access(root, os.W_OK | os.X_OK):
            raise StorageError(
                f"The home folder {root} can't be written to.",
                "Check its rights, or choose another with --home.",
            )

    @property
    def prompts(self) -> Path:
        return self.root / "prompts"

    @property
    def index(self) -> Path:
        return self.root / "index"

    @property
    def locks(self) -> Path:
        return self.root / "locks"

    @property
    def settings(self) -> Path:
        return self.root / "cairn.toml"
