"""Why the relay is not delivering now, in words for logs, health and the command line."""

from gateway_outbox.relay.api_client import Answer
from gateway_outbox.relay.verdict import Action, Verdict, speaks_against_row

_HINTS = {
    "auth": "API_SECRET_TOKEN differs from the API's GATEWAY_SECRET_TOKEN; make them equal",
    "misroute": "API_ENDPOINT does not lead to the ingest API; correct it",
    "connect": "the API is not reachable; start it or correct API_ENDPOINT",
    "timeout": "the API does not answer in time; look at its /health",
    "broken": "the API broke the connection off; look at its log",
    "server_error": "the API or its database fails; look at its /health",
    "throttled": "the API asks to slow down",
    "unexpected": "something other than the ingest API answers at API_ENDPOINT",
}


class TroubleError(Exception):
    """A request failed for a reason that is not in its rows."""

    def __init__(self, answer: Answer, verdict: Verdict) -> None:
        what = f"answered {answer.status}" if answer.status else answer.detail or verdict.reason
        hint = _HINTS.get(verdict.reason, verdict.reason)
        super().__init__(f"POST {answer.url} {what}: {hint}")
        self.reason = verdict.reason
        self.held = verdict.action is Action.HOLD
        self.against_row = speaks_against_row(answer.status, verdict.reason)
        self.retry_after = answer.retry_after
