"""An older gateway with this API: every request that a version ever sent is answered as then."""

from pathlib import Path
from typing import Any

import pytest

from contracts.version import current, may_meet
from tests.api_process import ApiProcess
from tests.recorded_wire import lasting, recorded, requests, send, versions, with_news


def holds(then: Any, now: Any) -> bool:
    """Whether an answer says all that it said then; it may say more."""
    if isinstance(then, dict):
        return all(name in now and holds(then[name], now[name]) for name in then)
    if isinstance(then, list):
        return len(then) == len(now) and all(map(holds, then, now))
    return bool(then == now)


@pytest.mark.parametrize("file", versions(), ids=lambda file: file.stem)
def test_what_was_sent_then_is_answered_as_then(file: Path, own_api: ApiProcess) -> None:
    """In their order, on a database of their own."""
    for exchange in recorded(file):
        status, answer = send(own_api.url, exchange)
        assert (exchange.name, status) == (exchange.name, exchange.status)
        assert holds(lasting(exchange.answer), lasting(answer)), (exchange.name, answer)


@pytest.mark.parametrize("file", versions(), ids=lambda file: file.stem)
def test_fields_of_a_newer_gateway_are_passed_over(file: Path, own_api: ApiProcess) -> None:
    """A field that nobody knows, in every object of every request, changes no answer."""
    for exchange in recorded(file):
        status, answer = send(own_api.url, exchange._replace(body=with_news(exchange.body)))
        assert (exchange.name, status) == (exchange.name, exchange.status)
        assert holds(lasting(exchange.answer), lasting(answer)), (exchange.name, answer)


def test_the_present_wire_is_recorded() -> None:
    """What this version sends is what its file holds: a change of the wire needs a new version."""
    file = next(each for each in versions() if each.stem == current())
    sent = {each.name: lasting(each.body) for each in requests()}
    assert sent == {each.name: lasting(each.body) for each in recorded(file)}


def test_neighbouring_minor_versions_may_meet() -> None:
    """None where a version is no release."""
    assert may_meet("1.4.0", "1.5.9")
    assert may_meet("1.5.0", "1.4.2")
    assert may_meet("1.4.0", "1.6.0") is False
    assert may_meet("1.9.0", "2.0.0") is False
    assert may_meet("0.1.0", "1.0.0")
    assert may_meet("0.1.0", "1.1.0") is False
    assert may_meet("unreleased", "1.0.0") is None
