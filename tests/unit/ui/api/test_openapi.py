"""The description of the API, written by its code: kept as a golden file, and held against what is served."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from cairn.agents.service import Cairn
from cairn.ui.api.application import make_api
from tests.server import Server
from tests.unit.ui.api.conftest import Served

GOLDEN = Path(__file__).parents[3] / "golden" / "openapi.json"
CHECKS: list[Any] = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
EXAMPLES = settings(
    max_examples=6,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


def test_the_description_is_the_golden_one(opened: Cairn) -> None:
    text = json.dumps(make_api(opened).openapi(), indent=1, ensure_ascii=False) + "\n"
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.write_text(text, "utf-8")
    assert text == GOLDEN.read_text("utf-8")


def test_it_is_served_to_whoever_writes_a_client(served: Served) -> None:
    with served.client(None) as stranger:
        told = stranger.get("/api/v1/openapi.json").json()
    assert told["paths"] == json.loads(GOLDEN.read_text("utf-8"))["paths"]


@pytest.mark.filterwarnings("ignore:Do not use the `random` module")  # schemathesis does
def test_what_is_served_is_what_is_described(served: Served, model: Server) -> None:
    """Requests made up from it, the same at each run: none brings the server down or is answered with a surprise."""
    model.answer = lambda _request: "Yes."
    schema = schemathesis.openapi.from_url(f"{served.url}/api/v1/openapi.json")
    headers = {"Authorization": str(served.http.headers["Authorization"])}
    operations = [operation.ok() for operation in schema.get_all_operations()]
    assert len(operations) > 25
    for operation in operations:
        cases: Any = operation.as_strategy()

        @EXAMPLES
        @given(case=cases)
        def conforms(case: Any) -> None:
            case.validate_response(case.call(headers=headers, timeout=30), checks=CHECKS)

        conforms()
