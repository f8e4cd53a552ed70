"""Warnings are errors in the tests, in the processes that they start, too.

But for one: Python 3.12.0 to 3.12.3 take SQLite's numbered `?1` for a name, and warn of binding it
by its place (gh-117995 in its changelog; Ubuntu 24.04 has such a Python).
"""

import sys
from typing import Final

_IS_MISTAKEN = (3, 12, 0) <= sys.version_info[:3] < (3, 12, 4)
PARDONED: Final = ["ignore:Binding:DeprecationWarning"] if _IS_MISTAKEN else []
PYTHONWARNINGS: Final = ",".join(["error", *PARDONED])
