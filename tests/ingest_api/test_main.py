"""The start from the command line."""

import pytest

from ingest_api.__main__ import main


def test_what_is_no_option_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """It does not start with less than was asked for."""
    with pytest.raises(SystemExit) as ended:
        main(["--port", "4005"])
    assert ended.value.code == 2
    assert "unrecognized arguments: --port 4005" in capsys.readouterr().err
