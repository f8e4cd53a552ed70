"""`python -m ingest_api.healthcheck`: the container's own probe, with nothing but the library.

Status 0 while a message sent now would be stored, else 1 and one line that says why not.
"""

import os
import sys
from http.client import HTTPConnection, HTTPException

_PATH = "/readyz"
_SECONDS = 4.0  # the database's own bound is shorter


def main() -> int:
    """Ask the API of this container at PORT."""
    port = int(os.environ.get("PORT") or 4005)
    connection = HTTPConnection("127.0.0.1", port, timeout=_SECONDS)
    try:
        connection.request("GET", _PATH, headers={"Connection": "close"})
        answer = connection.getresponse()
        body = answer.read(1000).decode(errors="replace")
    except (OSError, HTTPException) as error:
        print(f"127.0.0.1:{port}{_PATH}: {error or type(error).__name__}")  # noqa: T201  # the engine keeps it
        return 1
    finally:
        connection.close()
    print(body)  # noqa: T201  # the engine keeps it
    return 0 if answer.status == 200 else 1  # noqa: PLR2004  # the status of success


if __name__ == "__main__":
    sys.exit(main())
