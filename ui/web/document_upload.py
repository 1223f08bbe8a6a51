"""Documents that come: files from the browser, or folders and addresses; added in the background, with progress."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path

import streamlit as st

from cairn.agents.service import Cairn
from cairn.core.errors import UsageError
from cairn.ui.api.document_routes import safe_name
from cairn.ui.brought_files import folder_of
from cairn.ui.deletions import Reading
from cairn.ui.web import background_jobs, page_messages, safe
from cairn.ui.web.page_hints import said_here
from cairn.ui.web.page_texts import reader_language, text

JOB = "documents"
_MOST_MB = 47
"""What the server takes at once, in units of 1,048,576 bytes."""


def bring(cairn: Cairn) -> None:
    fold = st.expander(text("upload.title"), icon=":material/upload_file:", expanded=True)
    with fold, st.form("bring", border=False):
        files = st.file_uploader(
            text("upload.files"),
            accept_multiple_files=True,
            key=_key(),
            max_upload_size=_MOST_MB,
            label_visibility="collapsed",
        )
        left, right = st.columns(2, gap="medium")
        collection = left.text_input(text("upload.collection"), "default")
        tags = right.text_input(text("documents.tags_typed"))
        place = st.text_input(text("upload.place"), placeholder="https://example.org/handbook")
        st.html(safe.note(text("upload.where"), "note"))
        if st.form_submit_button(text("upload.add"), type="primary"):
            with page_messages.telling():
                if not (files or place.strip()):
                    raise UsageError(text("upload.nothing"))
                kept = [_kept(cairn, file.name, file.getvalue()) for file in files]
                places = [*kept, *([place.strip()] if place.strip() else [])]
                start(cairn, Reading(places, collection.strip(), tags_of(tags)))
                st.session_state.uploads = st.session_state.get("uploads", 0) + 1
                st.rerun()


def _key() -> str:
    """Another one after each upload, so that the field is empty again."""
    return f"uploads:{st.session_state.get('uploads', 0)}"


def _kept(cairn: Cairn, name: str, data: bytes) -> str:
    """In the folder of what was brought; one of its name is replaced, as the API does. Raises CairnError."""
    plain = safe_name(name)
    file = folder_of(cairn) / plain
    draft = file.with_name(f".{plain}.new")
    draft.write_bytes(data)
    draft.replace(file)
    return str(file)


def tags_of(typed: str) -> list[str]:
    """Separated by commas, also Chinese ones."""
    return [tag.strip() for tag in re.split(r"[,，、;；]", typed) if tag.strip()]


def start(cairn: Cairn, *readings: Reading) -> None:
    """Add them in the background; what could not be read is told there, with the reason.

    Raises:
        UsageError: Others are being read right now.
    """

    def add(job: background_jobs.Job) -> None:
        def progress(done: int, total: int, what: str) -> None:
            job.progress(done, total, Path(what).name)

        for one in readings:
            report = cairn.workspace.library.add(
                one.places, one.collection or "default", progress, tags=one.tags, retry=True, read_as=one.read_as
            )
            unread = [*report.failed, *report.unopened, *report.partial, *report.skipped]
            job.told += [f"{Path(source).name}: {said_here(reason, say)}" for source, reason in unread]
            told = {"added": report.added, "changed": report.changed, "unchanged": report.unchanged}
            job.told.append(text("upload.added", language, **told, passages=report.chunks))

    language = reader_language()
    say = partial(text, language=language)
    if not background_jobs.start(JOB, add):
        raise UsageError(text("upload.busy"))
