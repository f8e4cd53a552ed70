"""The version of the whole: both services and the contract are released together."""

from importlib.metadata import PackageNotFoundError, version


def current() -> str:
    """The installed version, or `unreleased` when run from a bare source tree."""
    try:
        return version("tpcapital")
    except PackageNotFoundError:
        return "unreleased"
