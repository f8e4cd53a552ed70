"""A place for a demo: free ports, and a folder that is not there yet."""

from pathlib import Path

import pytest

from ops.demo.demo_stack import API_PORT, DATABASE_PORT, GATEWAY_PORT
from tests.listener import is_free


@pytest.fixture
def offset() -> int:
    """How far the demo's ports must move to be free."""
    for candidate in range(10_000, 30_000, 50):
        if all(is_free(port + candidate) for port in (API_PORT, GATEWAY_PORT, DATABASE_PORT)):
            return candidate
    raise AssertionError("no three free ports")


@pytest.fixture
def demo_data(postgres_folder: Path) -> Path:
    """A folder for the demo's data that is not there yet."""
    return postgres_folder / "demo data"
