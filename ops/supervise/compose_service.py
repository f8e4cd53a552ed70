"""A component that is a service of a compose project, with a container for each replica."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from ops.supervise.compose_project import ComposeProject, EngineError
from ops.supervise.outside_program import Output, run
from ops.supervise.standing import Standing, State
from ops.supervise.supervisor import TAIL_LINES, ComponentFailedError, LogCommand, Wanted

_STATES: Final[dict[str, State]] = {
    "running": "running",
    "restarting": "failed",
    "created": "stopped",
    "paused": "stopped",
    "removing": "stopped",
    "dead": "failed",
}
_HEALTH: Final[dict[str, State]] = {"starting": "starting", "unhealthy": "degraded"}
_VERSION: Final = "org.opencontainers.image.version"
_SERVICE: Final = "com.docker.compose.service"
_NUMBER: Final = "com.docker.compose.container-number"
_URL: Final = "tpcapital.url"  # of a container with the host's network, which publishes no port


class ComposeService:
    """The service `service`, shown as the component `component`; `port` is its own, inside."""

    kind = "compose"

    def __init__(self, component: str, project: ComposeProject, service: str, port: int) -> None:
        self.component = component
        self.service = service
        self.project = project
        self._port = port

    def look(self) -> list[Standing]:
        """As `Supervisor.look`; one stopped row where there is no container yet."""
        try:
            containers = self._containers()
        except EngineError as error:
            return [self._empty("unknown", str(error))]
        if not containers:
            return [self._empty("stopped", "no container yet")]
        memory = self.project.memory(containers)
        return [
            standing(self.component, self._name(each), each, memory.get(each["Id"]))
            for each in containers
        ]

    def start(self) -> bool:
        """As `Supervisor.start`: as many replicas as there are, each waited for until healthy."""
        try:
            containers = self._containers()
        except EngineError as error:
            raise ComponentFailedError(self.component, str(error)) from error
        states = {standing(self.component, "", each, None).state for each in containers}
        if states == {"running"}:
            return False
        self._check("up", self.project.up(self.service, len(containers)))
        return True

    def stop(self) -> bool:
        """As `Supervisor.stop`; the containers stay, and so does the data."""
        try:
            containers = self._containers()
        except EngineError as error:
            raise ComponentFailedError(self.component, str(error)) from error
        if not any(each["State"]["Running"] or each["State"]["Restarting"] for each in containers):
            return False
        self._check("stop", self.project.stop(self.service))
        return True

    def tail(self) -> list[str]:
        """As `Supervisor.tail`."""
        options = ("--no-log-prefix", f"--tail={TAIL_LINES}")
        return run(self.project.logs(self.service, *options)).out.splitlines()

    def urls(self) -> dict[str, str]:
        """As `Supervisor.urls`; only replicas with a port on the host are in it."""
        try:
            found = {self._name(each): published(each, self._port) for each in self._containers()}
        except EngineError:
            return {}
        return {name: url for name, url in found.items() if url}

    def log(self, wanted: Wanted, /) -> LogCommand:
        """As `Supervisor.log`."""
        options = ["--timestamps", f"--tail={wanted.lines}"] + ["--follow"] * wanted.follow
        if wanted.since:
            options.append(f"--since={datetime.fromtimestamp(wanted.since, UTC).isoformat()}")
        return LogCommand(self.component, self.project.logs(self.service, *options), "compose")

    def environment(self) -> dict[str, str]:
        """The variables of its first container."""
        pairs = [
            text.partition("=") for each in self._containers()[:1] for text in each["Config"]["Env"]
        ]
        return {name: value for name, _, value in pairs}

    def _containers(self) -> list[dict[str, Any]]:
        return [each for each in self.project.containers() if service_of(each) == self.service]

    def _name(self, container: Mapping[str, Any]) -> str:
        number = container["Config"]["Labels"].get(_NUMBER, "1")
        return self.component if number == "1" else f"{self.component}-{number}"

    def _empty(self, state: State, trouble: str) -> Standing:
        name = self.component
        return Standing(
            component=name, name=name, supervisor=self.kind, state=state, trouble=trouble
        )

    def _check(self, verb: str, output: Output) -> None:
        if output.status:
            reason = f"docker compose {verb} {self.service}: {output.reason}"
            raise ComponentFailedError(self.component, reason, self.tail())


def service_of(container: Mapping[str, Any]) -> str:
    """The compose service that a container belongs to."""
    return str(container["Config"]["Labels"].get(_SERVICE, ""))


def published(container: Mapping[str, Any], port: int) -> str:
    """The URL on this host of a container's port, or what its label says; empty for neither."""
    bindings = container["NetworkSettings"]["Ports"].get(f"{port}/tcp") or []
    for each in bindings:
        host = each["HostIp"] if each["HostIp"] not in ("", "0.0.0.0", "::") else "127.0.0.1"  # noqa: S104  # compared, not bound
        return f"http://{host}:{each['HostPort']}"
    return str(container["Config"]["Labels"].get(_URL, ""))


def standing(
    component: str, name: str, container: Mapping[str, Any], memory: int | None
) -> Standing:
    """The row that a container makes, from what `docker inspect` says of it."""
    told = container["State"]
    is_running = bool(told["Running"])
    state, trouble = _state(told)
    return Standing(
        component=component,
        name=name,
        supervisor="compose",
        state=state,
        since=_seconds(told["StartedAt" if is_running else "FinishedAt"]),
        version=container["Config"]["Labels"].get(_VERSION),
        pid=told["Pid"] or None,
        memory_bytes=memory,
        memory_limit_bytes=container["HostConfig"]["Memory"] or None,
        restarts=container["RestartCount"],
        exit_status=told["ExitCode"] if state == "failed" else None,
        trouble=trouble,
    )


def _state(told: Mapping[str, Any]) -> tuple[State, str]:
    status = str(told["Status"])
    if status == "exited":
        killed = ", out of memory" if told["OOMKilled"] else ""
        trouble = f"exit status {told['ExitCode']}{killed}" if told["ExitCode"] else ""
        return ("failed" if told["ExitCode"] else "stopped"), trouble
    state = _STATES.get(status, "unknown")
    health = (told.get("Health") or {}).get("Status", "")
    if state == "running" and health in _HEALTH:
        return _HEALTH[health], _last_words(told["Health"].get("Log") or [])
    return state, "" if state == "running" else status


def _last_words(checks: Sequence[Mapping[str, Any]]) -> str:
    """What the last health check printed."""
    lines = str(checks[-1]["Output"]).strip().splitlines() if checks else []
    return f"health check: {lines[-1]}" if lines else ""


def _seconds(text: str) -> float | None:
    """Seconds since 1970 of the engine's nanosecond time; its year 1 stands for never."""
    if text.startswith("0001-"):
        return None
    return datetime.fromisoformat(text[:19]).replace(tzinfo=UTC).timestamp()
