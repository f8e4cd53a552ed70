"""What can become of a request between gateway and API, by name, and what a run must have met."""

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
SOMETIMES = {
    *FAULTS,
    *("401", "404", "API down", "database refused", "database cut"),
    *("crash with rows pending", "restart", "duplicate append", "duplicate delivery"),
    *("same second edit", "older edit after newer", "copy", "many texts"),
    *("active signal", "withdrawn signal", "dead letter", "dead letter sent again"),
    *("poison buried", "discard", "purge"),
    *("deleted signal", "deleted, never seen", "deletion before its message"),
}
