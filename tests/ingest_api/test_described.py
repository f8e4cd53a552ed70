"""Whatever schemathesis asks of the API, the answer is one that the description names."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis import Case, CheckContext, Response, checks

from contracts import problem
from ingest_api.openapi import openapi
from tests.api_process import ApiProcess
from tests.fuzzing import FACTOR, examples
from tests.ingest_api.test_ingest import HEADERS

pytestmark = pytest.mark.fuzz
_ALL = schemathesis.openapi.from_dict(openapi())
_SLOW = ["/sync-messages", "/reload-channels"]  # they wait for a gateway, once one has reported
_ENDLESS = "/signals/stream"
_bounded = settings(
    max_examples=examples(4),
    deadline=None,
    derandomize=FACTOR == 1,
    suppress_health_check=list(HealthCheck),
)


def _no_fault(_context: CheckContext, response: Response, _case: Case[Any]) -> None:
    """The database or the gateway may be away; anything else from 500 on is a fault of ours."""
    away = problem.DATABASE_DOWN.status
    assert response.status_code < problem.INTERNAL.status or response.status_code == away


_CHECKS = [
    _no_fault,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
    checks.response_headers_conformance,
]


@pytest.fixture(scope="module")
def session() -> Iterator[requests.Session]:
    """One connection for all requests."""
    with requests.Session() as found:
        yield found


@_ALL.include(path=_SLOW).parametrize()
@_bounded
def test_before_a_gateway_has_reported(
    case: Case[Any], api: ApiProcess, session: requests.Session
) -> None:
    """What is asked of the gateway; the first test, so that nobody waits for one."""
    _ask(case, api, session)


@_ALL.exclude(path=[*_SLOW, _ENDLESS]).parametrize()
@_bounded
def test_every_answer_is_described(
    case: Case[Any], api: ApiProcess, session: requests.Session
) -> None:
    """Requests that follow the description, and requests that break it in every way."""
    _ask(case, api, session)


def _ask(case: Case[Any], api: ApiProcess, session: requests.Session) -> None:
    case.call_and_validate(
        base_url=api.url, headers=HEADERS, checks=_CHECKS, session=session, timeout=20
    )
