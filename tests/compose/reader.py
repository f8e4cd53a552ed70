"""A client that reads without a pause, and counts what went wrong."""

import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException

from tests.beside import beside


class Reader:
    """`answered` requests came back with 200, `failed` did not."""

    def __init__(self, url: str) -> None:
        self._url = url
        self.answered = 0
        self.failed = 0

    @contextmanager
    def reading(self) -> Iterator[None]:
        """It reads inside the block, twenty times a second at most."""
        with beside(self._read):
            yield

    def _read(self, stopped: threading.Event) -> None:
        while not stopped.wait(0.05):
            try:
                with urllib.request.urlopen(self._url, timeout=20) as answer:  # noqa: S310  # our own loopback URL
                    answer.read()
                self.answered += 1
            except urllib.error.HTTPError as error:
                error.close()
                self.failed += 1
            except (OSError, HTTPException):
                self.failed += 1
