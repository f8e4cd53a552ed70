"""GET /telegram-images/…: files of one folder, and nothing outside it."""

import socket
from collections.abc import Callable
from pathlib import Path

import aiohttp
import pytest

from tests.api_process import ApiProcess

NAME = "1001649127710_5821_1762780000000.jpg"
PHOTO = b"\xff\xd8\xff\xe0 a photo"


@pytest.fixture
def served(start_api: Callable[..., ApiProcess], tmp_path: Path) -> ApiProcess:
    """An API that serves a folder with a photo, next to a secret."""
    folder = tmp_path / "media"
    folder.mkdir()
    (folder / NAME).write_bytes(PHOTO)
    (folder / ".hidden").write_text("hidden")
    (tmp_path / "secret.txt").write_text("secret")
    (folder / "link.jpg").symlink_to(tmp_path / "secret.txt")
    (folder / "below").mkdir()
    return start_api(MEDIA_DIR=str(folder))


async def test_a_photo_is_served_and_kept_by_the_browser(served: ApiProcess) -> None:
    """With its type, readable from other origins, 304 when it is known, parts on demand."""
    async with aiohttp.ClientSession(served.url) as session:
        path = f"/telegram-images/{NAME}"
        async with session.get(path) as answer:
            assert (answer.status, await answer.read()) == (200, PHOTO)
            assert answer.content_type == "image/jpeg"
            assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
            assert answer.headers.getall("Cache-Control") == ["public, max-age=86400, immutable"]
            tag = answer.headers["ETag"]
        async with session.get(path, headers={"If-None-Match": tag}) as answer:
            assert (answer.status, await answer.read()) == (304, b"")
        async with session.get(path, headers={"Range": "bytes=0-1"}) as answer:
            assert (answer.status, await answer.read()) == (206, PHOTO[:2])
        async with session.head(path) as answer:
            assert answer.status == 200
        async with session.post(path) as answer:
            assert answer.status == 405


@pytest.mark.parametrize(
    "path",
    [
        "/telegram-images/../secret.txt",
        "/telegram-images/%2e%2e/secret.txt",
        "/telegram-images/..%2fsecret.txt",
        "/telegram-images/..%5csecret.txt",
        "/telegram-images//etc/passwd",
        "/telegram-images/%2fetc%2fpasswd",
        "/telegram-images/below/../../secret.txt",
        "/telegram-images/link.jpg",
        "/telegram-images/.hidden",
        "/telegram-images/below",
        "/telegram-images/",
        "/telegram-images/none.jpg",
        "/telegram-images/a%00b",
        "/telegram-images/" + "x" * 400,
    ],
)
def test_nothing_outside_the_folder_is_served(served: ApiProcess, path: str) -> None:
    """The path as it is, past a client that would tidy it up; a link leads nowhere either."""
    host, _, port = served.url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode())
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert answer.startswith(b"HTTP/1.1 404 ")
    assert b"application/problem+json" in answer


async def test_without_a_folder_there_are_no_images(client: aiohttp.ClientSession) -> None:
    """404, as for any name that is not there."""
    async with client.get(f"/telegram-images/{NAME}") as answer:
        assert (answer.status, answer.content_type) == (404, "application/problem+json")
