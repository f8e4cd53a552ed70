"""A real `python -m gateway_outbox` for tests, on a free port, with short waits."""

from collections.abc import Sequence
from pathlib import Path

from tests.messages import TOKEN
from tests.service_process import ServiceProcess


class GatewayProcess(ServiceProcess):
    """The gateway on an outbox, delivering to `api_endpoint`; variables override its settings."""

    module = "gateway_outbox"

    def __init__(
        self,
        outbox: Path,
        api_endpoint: str,
        log: Path,
        prefix: Sequence[str] = (),
        **variables: str,
    ) -> None:
        environ = {
            "API_ENDPOINT": api_endpoint,
            "API_SECRET_TOKEN": TOKEN,
            "OUTBOX_PATH": str(outbox),
            "GATEWAY_PORT": "0",
            "CANARY_SECONDS": "0",  # the tests that mean it set it
            "RETRY_DELAY_MS": "50",
            "RETRY_MAX_DELAY_MS": "200",
        }
        super().__init__(log, environ | variables, prefix)
        self.outbox = outbox

    @property
    def url(self) -> str:
        """Where its own pages are, once it is ready."""
        (ready,) = self.lines("service.ready")
        return f"http://127.0.0.1:{ready['port']}"

    def replay(self, file: Path, rate: float | None = None) -> None:
        """What the next start replays."""
        self._environ["REPLAY_FILE"] = str(file)
        self._environ.pop("REPLAY_RATE", None)
        if rate is not None:
            self._environ["REPLAY_RATE"] = str(rate)
