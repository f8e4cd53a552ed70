"""The version that a process runs with."""

import subprocess
import sys

from contracts.version import current

_LATER = """
import resource
from contracts.version import current

begun = current()
resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))  # the three that are open
try:
    open("/etc/passwd")
except OSError:
    print(begun, current())
"""


def test_it_is_known_when_no_file_can_be_opened_any_more() -> None:
    """A service tells it in health and reports for as long as it runs."""
    command = [sys.executable, "-c", _LATER]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.stderr == ""
    assert run.stdout.split() == [current()] * 2
