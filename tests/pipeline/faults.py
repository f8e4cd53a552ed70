"""What can become of a request between gateway and API, by name."""

from tests.proxy import deaf, dropped, halved, lost, status

FAULTS = {
    "429": status(429, retry_after=1),
    "500": status(500),
    "503": status(503, retry_after=0),
    "dropped": dropped,
    "lost": lost,
    "halved": halved,
    "deaf": deaf,
}
