"""Settings from the environment, every problem in one message.

A value comes from `NAME`, from the file that `NAME_FILE` names, or from a systemd credential
called `name` (lower case) in `$CREDENTIALS_DIRECTORY`; in that order. Surrounding blanks and a
pair of quotes, which env files often carry, are taken off.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args, get_origin

import msgspec

from contracts.plain_words import cause, rule
from contracts.secret import Secret

T = TypeVar("T", bound=msgspec.Struct)


class SettingsError(Exception):
    """The environment does not describe a service; `problems` has a sentence for each fault."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems

    @property
    def sentences(self) -> str:
        """The faults on one line, for a command that ends with them."""
        return " ".join(f"{problem.removesuffix('.')}." for problem in self.problems)


def load(kind: type[T], environ: Mapping[str, str]) -> T:
    """A settings struct whose fields are the variables' names in lower case.

    Raises SettingsError with every missing, unreadable and ill-typed variable at once.
    """
    values: dict[str, Any] = {}
    problems: list[str] = []
    for field in msgspec.structs.fields(kind):
        name = field.name.upper()
        try:
            text = _read(name, environ)
            if text is not None:
                values[field.name] = _convert(text, field.type)
            elif field.required:
                problems.append(_problem(f"{name} is not set", field.type))
        except OSError as error:
            problems.append(_problem(f"{name}_FILE {error.filename}: {cause(error)}", field.type))
        except (msgspec.ValidationError, UnicodeError) as error:
            shown = "" if is_secret(field.type) or name not in environ else f" {environ[name]!r}"
            problems.append(_problem(f"{name}{shown} {_fault(error, field.type)}", field.type))
    if problems:
        raise SettingsError(problems)
    return _made(kind, values)


def _made(kind: type[T], values: dict[str, Any]) -> T:
    """The struct; what it says of its values together is told as their own faults are."""
    try:
        return kind(**values)
    except ValueError as error:
        raise SettingsError(str(error).splitlines()) from error


def _read(name: str, environ: Mapping[str, str]) -> str | None:
    if value := unquoted(environ.get(name, "")):
        return value
    path = file_of(name, environ)
    return (unquoted(path.read_text(encoding="utf-8")) or None) if path else None


def file_of(name: str, environ: Mapping[str, str]) -> Path | None:
    """The file that holds the variable's value; None when the environment itself does."""
    if unquoted(environ.get(name, "")):
        return None
    if path := environ.get(f"{name}_FILE"):
        return Path(path)
    credential = Path(environ.get("CREDENTIALS_DIRECTORY", "/nonexistent"), name.lower())
    return credential if credential.is_file() else None


def unquoted(text: str) -> str:
    """A value without the blanks and the pair of quotes around it."""
    text = text.strip()
    quoted = len(text) > 1 and text[0] == text[-1] and text[0] in "\"'"
    return text[1:-1] if quoted else text


def _convert(text: str, kind: Any) -> Any:
    text.encode()  # bytes that are no text come from the environment as halves of characters
    return msgspec.convert(text, kind, strict=False, dec_hook=_custom)


def _custom(kind: type, value: Any) -> Any:
    return kind(value)


def is_secret(kind: Any) -> bool:
    """Whether the type is a secret or may be one (`Token | None`)."""
    if isinstance(kind, type) and issubclass(kind, Secret):
        return True
    return any(map(is_secret, get_args(kind)))


def description(kind: Any) -> str:
    """The description that the field's Meta carries, inside an `X | None` too."""
    info = msgspec.inspect.type_info(kind)
    for part in (info, *getattr(info, "types", ())):
        extra = getattr(part, "extra_json_schema", None)
        if extra and "description" in extra:
            return str(extra["description"])
    return ""


def _fault(error: Exception, kind: Any) -> str:
    """What is wrong with a value, behind its name; a type of ours speaks for itself."""
    if isinstance(error, UnicodeError):
        return "is no text in UTF-8"
    if chosen := _choices(kind):
        return f"must be one of {', '.join(chosen)}"
    return rule(str(error))


def _choices(kind: Any) -> list[str]:
    """The words that a value may be, where the type names them."""
    if get_origin(kind) is Literal:
        return [str(each) for each in get_args(kind)]
    return [word for inner in get_args(kind) for word in _choices(inner)]


def _problem(fault: str, kind: Any) -> str:
    """The fault, and what the variable is, where its type describes it."""
    text = description(kind)
    return f"{fault}. It is: {text}." if text else f"{fault}."
