"""How many examples a fuzz test draws: few in a test run, more by the recipe `just fuzz`."""

import os

FACTOR = int(os.environ.get("TPCAPITAL_FUZZ", "1"))


def examples(few: int) -> int:
    """The number for `max_examples`."""
    return few * FACTOR
