"""The waits between retries."""

from hypothesis import given
from hypothesis import strategies as st

from gateway_outbox.relay.backoff import Backoff

PROPOSAL = Backoff(burst=3, delay=5.0, longest=60.0)


def test_the_burst_leads_up_to_the_delay_and_doubles_on() -> None:
    """Three retries, five seconds: then on to the longest wait and never beyond."""
    caps = [PROPOSAL.cap(retry) for retry in range(1, 9)]
    assert caps == [1.25, 2.5, 5.0, 10.0, 20.0, 40.0, 60.0, 60.0]


@given(st.integers(1, 10**9), st.floats(0, 1, exclude_max=True), st.floats(0, 900))
def test_a_wait_is_jittered_capped_and_never_below_what_was_asked(
    retry: int, draw: float, floor: float
) -> None:
    """Full jitter below the cap; the API's Retry-After is a floor."""
    wait = PROPOSAL.wait(retry, draw, floor)
    assert wait >= floor
    assert wait <= max(floor, 60.0)
    assert PROPOSAL.wait(retry, 0.0) == 0.0
