"""How fast a model from a file reads and writes on this machine."""

from __future__ import annotations

import http.client
import json
from dataclasses import dataclass
from urllib.parse import urlsplit

from cairn.core.errors import ModelUnavailable
from cairn.core.settings import Settings
from cairn.models.gguf_server import gguf_files, gguf_server, window_for

_PROMPT = "A cairn is a heap of stones that shows the way. " * 10
_WRITTEN = 16
_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Speed:
    """Tokens per second."""

    read: float
    written: float


def measured_speed(name: str, settings: Settings) -> Speed:
    """By one short prompt. Starts the model's server where it does not run. Raises SettingsError, ModelUnavailable."""
    files = gguf_files(name)
    state = gguf_server(name, files, window_for(files, settings), settings.home).running()
    asked = {"prompt": _PROMPT, "n_predict": _WRITTEN, "cache_prompt": False, "ignore_eos": True}
    headers = {"Authorization": f"Bearer {state.key}", "Content-Type": "application/json"}
    connection = http.client.HTTPConnection(urlsplit(state.address).netloc, timeout=_SECONDS)
    try:
        connection.request("POST", "/completion", json.dumps(asked), headers)
        timings = json.loads(connection.getresponse().read())["timings"]
        return Speed(float(timings["prompt_per_second"]), float(timings["predicted_per_second"]))
    except (OSError, ValueError, KeyError, TypeError, http.client.HTTPException) as error:
        raise ModelUnavailable(f"The speed of {name} can't be measured: {error!r}.", "Try again later.") from None
    finally:
        connection.close()
