"""What a service says of itself at its own /health, added to its row."""

from collections.abc import Sequence
from typing import Any

from ops.local_http import ask
from ops.rendering import Age, human
from ops.supervise.standing import UP, Standing

_LIMITS = {
    "gateway": 150 * 2**20,
    "api": 200 * 2**20,
}  # the project's budgets, without a supervisor
_API_CHECKS = ("timescaledb", "schema", "accepting")


def complete(row: Standing, url: str) -> dict[str, Any]:
    """Fill in the row from the health page at `url`; returns the page, empty when none came."""
    row.memory_limit_bytes = row.memory_limit_bytes or _LIMITS.get(row.component)
    if not url or (row.state not in UP and row.state != "unknown"):
        return {}
    answer = ask(f"{url}/health")
    page = answer.document()
    if "version" not in page or "checks" not in page:
        if row.state == "running":
            row.state = "degraded"
            row.trouble = answer.error or f"GET {url}/health answered {answer.status}"
        return {}
    row.version = str(page["version"])
    row.pid = row.pid or page.get("pid")
    wrong = _wrong(page)
    row.state = "degraded" if wrong else "running"
    # a trouble that the supervisor saw is the more exact one
    row.trouble = row.trouble or wrong
    row.key = gateway_key(page) if row.component == "gateway" else api_key(page)
    return page


def hear_of_database(row: Standing, pages: Sequence[dict[str, Any]]) -> None:
    """Fill in the row of a database that only the API reaches, from the API's pages."""
    checks = [page["checks"]["timescaledb"] for page in pages if page]
    if not checks:
        return
    bad = [check["message"] for check in checks if _is_bad(check)]
    row.state = "failed" if len(bad) == len(checks) else "running"
    row.key, row.trouble = "as the API says", bad[0] if bad else ""


def _wrong(page: dict[str, Any]) -> str:
    """What is wrong with the service itself: what the API heard of its gateway is another row."""
    if page["service"] != "tp-capital":
        return str(page.get("error") or "") if page["status"] != "ok" else ""
    own = {name: page["checks"][name] for name in _API_CHECKS if name in page["checks"]}
    bad = [f"{name}: {each['message']}" for name, each in own.items()]
    return "; ".join(text for text, each in zip(bad, own.values(), strict=True) if _is_bad(each))


def _is_bad(check: dict[str, Any]) -> bool:
    return bool(check["status"] != "healthy")


def gateway_key(page: dict[str, Any]) -> str:
    """Connected or not, rows that wait, and how long ago one was delivered."""
    outbox = page["checks"]["outbox"]["observed"]
    parts = ["connected" if page["telegram_connected"] else "not connected"]
    parts += [f"{outbox['pending']} pending"]
    if outbox["pending"]:
        parts += [f"oldest {human(Age(outbox['oldest_pending_seconds']))}"]
    if outbox["dead_letters"]:
        parts += [f"{outbox['dead_letters']} dead letters"]
    last = page["checks"]["relay"]["observed"].get("last_delivery_seconds_ago")
    return ", ".join(parts + ([f"delivered {human(Age(last))} ago"] if last is not None else []))


def api_key(page: dict[str, Any]) -> str:
    """How long the database took to answer."""
    check = page["checks"].get("timescaledb", {})
    return f"database answers in {check['responseTime']} ms" if "responseTime" in check else ""
