"""Documents: brought, listed, removed. What is brought lies in a folder of the home and is added in the background."""

from __future__ import annotations

import re
import shutil
import tempfile
import threading
import unicodedata
from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

from fastapi import APIRouter, BackgroundTasks, File, Form, Query, Request, UploadFile
from fastapi import Path as InPath

from cairn.agents.service import Cairn
from cairn.core.app_database import new_id
from cairn.core.clean_text import clean
from cairn.core.errors import CairnError
from cairn.core.registry import loader_of
from cairn.retrieval.catalog_records import SourceInfo
from cairn.ui import deletions
from cairn.ui.api.error_replies import Refused, without_home
from cairn.ui.api.key_access import Home, needs
from cairn.ui.api.request_models import Now
from cairn.ui.brought_files import folder_of

documents = APIRouter(tags=["documents"])
_KEPT = 200
_LONGEST_NAME = 120
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)


@dataclass
class Upload:
    """`done` of `total` steps of what `doing` names. `problems`: what could not be read, with the reason."""

    id: str
    names: list[str]
    state: Literal["waiting", "adding", "added", "failed"] = "waiting"
    done: int = 0
    total: int = 0
    doing: str = ""
    problems: list[str] = field(default_factory=list[str])


class Uploads:
    """The uploads of this process that were asked about last, oldest first."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, Upload] = OrderedDict()
        self._lock = threading.Lock()

    def new(self, names: list[str]) -> Upload:
        upload = Upload(new_id(), names)
        with self._lock:
            while len(self._known) >= _KEPT:
                self._known.popitem(last=False)
            self._known[upload.id] = upload
        return upload

    def get(self, id: str) -> Upload | None:
        with self._lock:
            return self._known.get(id)


@documents.get("/documents", dependencies=[needs("read")])
def list_documents(home: Home) -> list[SourceInfo]:
    """The documents that are known."""
    return home.workspace.library.sources()


@documents.post("/documents", status_code=202, dependencies=[needs("documents")])
def bring(
    request: Request,
    home: Home,
    later: BackgroundTasks,
    files: Annotated[list[UploadFile], File(description="The documents; a known one of the same name is replaced.")],
    collection: Annotated[str, Form(min_length=1, max_length=64)] = "default",
    tags: Annotated[list[str] | None, Form()] = None,
) -> Upload:
    """Bring documents; `GET /uploads/{id}` tells how far they are."""
    names = [safe_name(file.filename or "") for file in files]
    if not names or len(set(names)) < len(names):
        raise Refused(422, "InvalidRequest", "Give at least one file, and each a name of its own.")
    for name in names:
        if loader_of(Path(name).suffix.lower()) is None:
            raise Refused(415, "UnknownFormat", f"{name}: files of that kind can't be read.")
    folder = folder_of(home)
    for file, name in zip(files, names, strict=True):
        _keep(file, folder / name)
    upload = request.app.state.uploads.new(names)
    later.add_task(_add, home, upload, [folder / name for name in names], collection, tags or [])
    return upload


@documents.get("/uploads/{id}", dependencies=[needs("documents", "read")])
def upload_state(request: Request, id: Annotated[str, InPath(pattern=r"^[0-9a-f]{16}$")]) -> Upload:
    """How far an upload is."""
    if (upload := request.app.state.uploads.get(id)) is None:
        raise Refused(404, "NotFound", "There is no such upload, or it was long ago.")
    return upload


@documents.delete("/documents", status_code=204, dependencies=[needs("documents")])
def forget(home: Home, source: Annotated[str, Query(min_length=1, max_length=4000)], now: Now = False) -> None:
    """Forget one document, named as the list names it; its file goes too where it was brought by this API."""
    if all(known.source != source for known in home.workspace.library.sources()):
        raise Refused(404, "NotFound", "There is no document of that name.")
    kept = deletions.delete_document(home, source, Path(source).name)
    if now:
        deletions.delete_now(home, kept.id)


def safe_name(name: str) -> str:
    """The file's own name as every system can have it, without folders. Raises Refused where none is left."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", clean(name)))[-1]
    kept = "".join(letter if letter.isalnum() or letter in " ._-()" else "_" for letter in last).strip(" .")
    stem, dot, suffix = kept.rpartition(".")
    if not stem or not dot:
        raise Refused(422, "InvalidRequest", "A document needs a name with the suffix of its format.")
    stem = f"_{stem}" if _RESERVED.match(kept) else stem
    while len(f"{stem}.{suffix}".encode()) > _LONGEST_NAME:
        if not (stem := stem[:-1]):
            raise Refused(422, "InvalidRequest", "The suffix of that name is too long.")
    return f"{stem}.{suffix}"


def _keep(file: UploadFile, place: Path) -> None:
    """Beside its place first: who reads it meanwhile gets the old one or the new one."""
    with tempfile.NamedTemporaryFile(dir=place.parent, prefix=".", delete=False) as new:
        shutil.copyfileobj(file.file, new)
    Path(new.name).replace(place)


def _add(home: Cairn, upload: Upload, paths: list[Path], collection: str, tags: list[str]) -> None:
    def progress(done: int, total: int, what: str) -> None:
        upload.done, upload.total, upload.doing = done, total, Path(what).name

    upload.state = "adding"
    try:
        report = home.workspace.library.add(paths, collection, progress, tags=tags, retry=True)
    except CairnError as error:
        upload.problems, upload.state = [without_home(str(error), home.settings.home) or ""], "failed"
        return
    except Exception:
        upload.problems, upload.state = ["Something went wrong that should not."], "failed"
        raise
    unread = [*report.failed, *report.unopened, *report.skipped]
    upload.problems = [f"{Path(source).name}: {reason}" for source, reason in [*unread, *report.partial]]
    upload.state = "failed" if len(unread) >= len(paths) else "added"
