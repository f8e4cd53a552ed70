"""Secrets that cannot be printed by accident, and the test of a shared token."""

PLACEHOLDERS = (
    "change_me",
    "changeme",
    "change-me",
    "placeholder",
    "example",
    "your_",
    "secret_token",
)
MIN_TOKEN_LENGTH = 32


class Secret:
    """A text that shows itself only to `reveal`: not in logs, errors, reprs or tracebacks."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The text itself, at the point of use."""
        return self._value

    def __repr__(self) -> str:
        return "Secret(***)"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)

    def __bool__(self) -> bool:
        return bool(self._value)


class Token(Secret):
    """A shared token that is fit for its purpose. Raises ValueError with `token_fault`'s reason."""

    __slots__ = ()

    def __init__(self, value: str) -> None:
        super().__init__(value)
        if fault := token_fault(self):
            raise ValueError(fault)


def token_fault(token: Secret) -> str | None:
    """Why this is no token to trust, or None when it is one."""
    value = token.reveal()
    if len(value) < MIN_TOKEN_LENGTH:
        return (
            f"has {len(value)} characters, fewer than {MIN_TOKEN_LENGTH};"
            " make one with: openssl rand -hex 32"
        )
    if any(word in value.lower() for word in PLACEHOLDERS) or len(set(value)) < 8:  # noqa: PLR2004  # fewer are typed, not drawn
        return "is a placeholder, not a secret; make one with: openssl rand -hex 32"
    if not value.isascii() or not value.isprintable() or " " in value:
        return "holds characters that an HTTP header cannot carry; use: openssl rand -hex 32"
    return None
