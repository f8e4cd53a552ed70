"""What a library says of a fault, in the words of people who know no Python."""

import re
from typing import Final

_KINDS: Final = {
    "int": "must be a whole number",
    "float": "must be a number",
    "bool": "must be true or false",
    "str": "must be a text",
    "object": "must be a table of names and values",
    "array": "must be a list",
}
_BOUNDS: Final = {">=": "{} or more", ">": "more than {}", "<=": "{} or less", "<": "less than {}"}
_NAMED: Final = {
    "Number out of range": "is a number beyond all bounds",
    "Object missing required field": "lacks {}",
    "Object contains unknown field": "holds {}, which this program does not know",
    "Invalid enum value": "is {}, none of the words that it may be",
}
_PLACE: Final = re.compile(r"(?P<what>.*?)(?: - at `\$?\.?(?P<place>[^`]*)`)?", re.DOTALL)
_KIND: Final = re.compile(r"Expected `(\w+)(?: \| null)?`, got `.*`")
_BOUND: Final = re.compile(r"Expected `(?:int|float)(?: \| null)?` ([<>]=?) (-?[0-9.e+]+)")
_CHOICE: Final = re.compile(r"matching regex '\^\(\?i:([a-z|]+)\)\$'")
_LENGTH: Final = re.compile(r"Expected `str(?: \| null)?` of length ([<>]=?) (\d+)")


def cause(error: BaseException) -> str:
    """Why it failed: what the system says of a file or connection, without number and class."""
    inner = getattr(error, "reason", None)  # urllib wraps what it met
    if isinstance(inner, BaseException):
        return cause(inner)
    if isinstance(error, UnicodeDecodeError):
        return f"byte {error.start} begins no character of UTF-8; it is no text file"
    if isinstance(error, FileExistsError):  # what makes folders meets a file
        return "a file is where a folder must be"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    if isinstance(error, TimeoutError):
        return str(error) or "no answer in time"
    return str(error) or type(error).__name__


def rule(message: str) -> str:
    """The rule that a value breaks, out of the words of msgspec; other words stay.

    The place of a value inside a document comes first: `channel[0].id must be a whole number`.
    """
    found = _PLACE.fullmatch(message)
    if found is None:
        return message
    place = f"{found['place']} " if found["place"] else ""
    return place + _broken(found["what"])


def _broken(what: str) -> str:
    if kind := _KIND.fullmatch(what):
        return _KINDS.get(kind[1], what)
    if bound := _BOUND.fullmatch(what):
        return f"must be {_BOUNDS[bound[1]].format(bound[2].removesuffix('.0'))}"
    if length := _LENGTH.fullmatch(what):
        return f"must have {_BOUNDS[length[1]].format(length[2])} characters"
    if words := _CHOICE.search(what):
        return f"must be one of {words[1].replace('|', ', ')}"
    for start, said in _NAMED.items():
        if what.startswith(start):
            return said.format(what.removeprefix(start).strip("`' "))
    return "is not written as it must be" if "matching regex" in what else what.replace("`", "'")
