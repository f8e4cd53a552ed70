"""Checks of the pipe: what runs, Telegram, token, versions, the canary, metrics and monitoring."""

import hmac
import os
from collections.abc import Iterator
from hashlib import sha256
from typing import Any, Final

import anyio

from contracts import metrics as contract
from contracts.exit_status import ExitStatus
from contracts.metrics import Metric
from contracts.secret import token_fault
from contracts.version import current
from contracts.wire import INGEST_PATH
from gateway_outbox.errors import GatewayError
from ops.doctor.doctor_case import Case, Check, Fault, NotApplicableError
from ops.exposition import names
from ops.gateway_client import needed_gateway
from ops.local_http import ask
from ops.rotation.token_witness import Witness, WitnessError
from ops.supervise.compose_service import ComposeService
from ops.supervise.standing import UP, Standing

_TABLES: Final[dict[str, tuple[Metric, ...]]] = {"gateway": contract.GATEWAY, "api": contract.API}
_NOT_OURS: Final = ("process_", "python_", "target_info")
_WELL: Final = ("starting", "connecting", "connected", "finished")
_SAID_ELSEWHERE: Final = ("source", "canary")  # by checks of their own
_INSTALL_API: Final = (
    "its containers: docs/howto/run-in-containers.md; without: sudo tpcapital install --api;"
    " on another host it is looked at there"
)


def running(case: Case) -> Iterator[Fault]:
    """Every component runs, and says that it is well."""
    for row in case.rows:
        if row.state == "unknown":
            command = "docker info" if row.supervisor == "compose" else "tpcapital status"
            yield Fault(f"{row.name}: it cannot be told how it is: {row.trouble}", command)
        elif row.state not in UP and row.component == "api" and case.is_missing("api"):
            yield Fault("no api was found on this host", _INSTALL_API)
        elif row.state not in UP:
            cause = f"{row.name} is {row.state}" + (f": {row.trouble}" if row.trouble else "")
            yield Fault(cause, _start(case, row))
        elif row.state == "degraded" and row.component != "gateway":
            yield Fault(f"{row.name}: {row.trouble}", f"tpcapital logs {row.component}")
    if case.is_up("gateway"):
        (page,) = case.health("gateway").values()
        for name, check in page.get("checks", {}).items():
            if check["status"] != "pass" and name not in _SAID_ELSEWHERE:
                yield Fault(f"gateway, {name}: {check['message']}", "tpcapital logs gateway")


def telegram(case: Case) -> Iterator[Fault]:
    """Each source is connected, nobody else polls the bot, every channel can be reached.

    All of it as the gateway says: a second connection beside it could cost the session.
    """
    (page,) = case.health("gateway").values()
    source = page["checks"]["source"]
    sources: dict[str, dict[str, Any]] = source.get("observed") or {}
    if not sources:
        yield Fault(source["message"], "docs/howto/connect-telegram.md")
    for name, told in sources.items():
        if told["state"] not in _WELL:
            reason = told.get("reason") or told["state"]
            yield Fault(f"{name}: {reason}", told.get("advice") or "tpcapital logs gateway")
        for alarm in (told.get("alarms") or {}).values():
            yield Fault(f"{name}: {alarm}", "tpcapital channels check")


def token(case: Case) -> Iterator[Fault]:
    """The token is strong, and the same on both sides."""
    sent = case.gateway.api_secret_token
    if fault := token_fault(sent):
        yield Fault(f"the gateway's token {fault}", "tpcapital token rotate")
    accepted = case.api_token()
    if accepted is None:
        raise NotApplicableError("the API's token is not on this machine")
    pair = [sha256(each.reveal().encode()).digest() for each in (sent, accepted)]
    if not hmac.compare_digest(*pair):
        yield Fault("the gateway sends another token than the API's", "tpcapital token rotate")


def token_accepted(case: Case) -> Iterator[Fault]:
    """The API itself accepts it, at the address that the gateway uses."""
    url = case.gateway.api_endpoint.removesuffix(INGEST_PATH)
    try:
        use = Witness([url]).ask(case.gateway.api_secret_token)
    except WitnessError as error:
        yield Fault(str(error), "tpcapital status; check API_ENDPOINT")
        return
    if use is None:
        yield Fault(f"{url} refuses the gateway's token", "tpcapital token rotate --resume")
    elif use.slot != "current":
        cause = f"the gateway still sends the {use.slot} token: a rotation is not finished"
        yield Fault(cause, "tpcapital token rotate --resume")


def versions(case: Case) -> Iterator[Fault]:
    """Gateway, API, image and this program are of one version."""
    for row in case.rows:
        if row.component in _TABLES and row.version and row.version != current():
            cause = f"{row.name} is {row.version}, this program {current()}"
            yield Fault(cause, "tpcapital upgrade --check")


def containers(case: Case) -> Iterator[Fault]:
    """Each is healthy, was not killed for its memory, and does not restart again and again."""
    rows = [row for row in case.rows if row.supervisor == "compose"]
    if not rows:
        raise NotApplicableError("nothing here runs in a container")
    for row in rows:
        command = f"tpcapital logs {row.component}"
        if row.state in ("failed", "degraded"):
            yield Fault(f"{row.name}: {row.trouble or row.state}", command)
        if row.restarts:
            yield Fault(f"{row.name} was restarted {row.restarts} times", command)


def canary(case: Case) -> Iterator[Fault]:
    """One goes the whole way now: outbox, relay, API, database and back."""
    case.urls("gateway")
    try:
        answer = anyio.run(_fly, case)
    except GatewayError as error:
        yield Fault(str(error), "tpcapital status")
        return
    if not answer["came_back"]:
        yield Fault(f"no canary came back: {answer['failure']}", "tpcapital status")


def metrics(case: Case) -> Iterator[Fault]:
    """Both /metrics show the names of the contract, and no others."""
    texts = {part: case.exposition(part) for part in _TABLES if case.is_up(part)}
    if not texts:
        raise NotApplicableError("neither service answers; see the check `running`")
    for component, replicas in texts.items():
        table = _TABLES[component]
        known = {metric.name for metric in table}
        always = {m.name for m in table if m.kind == "counter" and all(m.labels.values())}
        for name, text in replicas.items():
            found = names(text)
            strange = {each for each in found - known if not each.startswith(_NOT_OURS)}
            for word, which in (("lacks", always - found), ("shows unknown", strange)):
                if which:
                    cause = f"{name}'s /metrics {word} {', '.join(sorted(which))}"
                    yield Fault(cause, "tpcapital upgrade --check")


def prometheus(case: Case) -> Iterator[Fault]:
    """It is there, and every target of it answers."""
    answer = ask(f"{_prometheus_url(case)}/api/v1/targets?state=active")
    targets = answer.document().get("data", {}).get("activeTargets")
    if targets is None:
        yield Fault(f"Prometheus: {answer.error or answer.status}", "tpcapital logs prometheus")
        return
    if not targets:
        yield Fault("Prometheus has no target", "see its prometheus.yml")
    for each in targets:
        if each["health"] != "up":
            cause = f"Prometheus cannot read {each['scrapeUrl']}: {each['lastError']}"
            yield Fault(cause, f"curl {each['scrapeUrl']}")


CHECKS: Final = (
    Check("running", "every component runs and says that it is well", running),
    Check("containers", "the containers are healthy and stay up", containers),
    Check("versions", "gateway, API and this program are of one version", versions),
    Check(
        "telegram", "sources are connected, the bot is ours alone, channels are reached", telegram
    ),
    Check("token", "the shared token is strong and the same on both sides", token),
    Check(
        "token-accepted", "the API accepts the gateway's token; nothing is written", token_accepted
    ),
    Check("canary", "a canary goes through the whole pipe and comes back", canary),
    Check("metrics", "both services show the metrics of the contract", metrics),
    Check("prometheus", "Prometheus reads all its targets", prometheus),
)


def _start(case: Case, row: Standing) -> str:
    """What brings it up again: first what it ended for, where a start alone would end so too."""
    start, logs = f"tpcapital start {row.component}", f"tpcapital logs {row.component}"
    match row.exit_status:
        case ExitStatus.LOGIN_REQUIRED:
            return f"{_login(case)}; {start}"
        case ExitStatus.ACCOUNT_BANNED:
            return f"{logs}; {_login(case)}; {start}"
        case ExitStatus.OUTBOX_NEWER:
            return f"tpcapital upgrade --check; {logs}; {start}"
        case ExitStatus.CONFIG:
            return f"{logs}; {start}"
        case _:
            return f"{start}; {logs}"


def _login(case: Case) -> str:
    try:
        is_bot_alone = case.gateway.telegram_api_id is None
    except NotApplicableError:
        is_bot_alone = False
    return "docs/howto/connect-telegram.md" if is_bot_alone else case.typed("login")


async def _fly(case: Case) -> dict[str, Any]:
    async with needed_gateway(case.installation.outbox) as gateway:
        return await gateway.post("/canary", {})


def _prometheus_url(case: Case) -> str:
    if chosen := os.environ.get("PROMETHEUS_URL"):
        return chosen.rstrip("/")
    supervisor = case.installation.of("prometheus")
    urls = supervisor.urls() if isinstance(supervisor, ComposeService) else {}
    if not urls:
        raise NotApplicableError("no Prometheus is known here (PROMETHEUS_URL)")
    return next(iter(urls.values()))
