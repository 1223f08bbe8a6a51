"""The API as one ASGI application over an open home."""

from __future__ import annotations

from fastapi import APIRouter, FastAPI

import cairn
from cairn.agents.service import Cairn
from cairn.memory.api_keys import Keys
from cairn.ui.api.document_routes import Uploads, documents
from cairn.ui.api.error_replies import ErrorBody, handle_errors, told_errors
from cairn.ui.api.home_routes import databases, searching, tasks
from cairn.ui.api.key_access import KeyBeforeBody, KnownKeys, RequestRates
from cairn.ui.api.openai_routes import openai
from cairn.ui.api.run_routes import runs
from cairn.ui.api.thread_routes import threads

API = "/api/v1"
UPLOADS = f"{API}/documents"


def make_api(home: Cairn, page_key: str | None = None) -> FastAPI:
    """The API over `home`, which stays the caller's to close; `page_key` is what the page's script sends as its key."""
    api = FastAPI(
        title="Cairn",
        version=cairn.__version__,
        description="Ask, follow, decide; threads, documents, databases and tasks.",
        openapi_url=f"{API}/openapi.json",
        docs_url=None,  # they would load their scripts from elsewhere
        redoc_url=None,
        redirect_slashes=False,
    )
    api.state.home = home
    api.state.keys = KnownKeys(Keys(home.workspace.database, home.settings.user), page_key)
    api.add_middleware(KeyBeforeBody, keys=api.state.keys)
    api.state.rates = RequestRates()
    api.state.uploads = Uploads()
    handle_errors(api, home.settings.home)
    own = APIRouter(prefix=API, responses=told_errors(ErrorBody))
    for router in (runs, threads, searching, documents, databases, tasks):
        own.include_router(router)
    api.include_router(openai)
    api.include_router(own)
    return api
