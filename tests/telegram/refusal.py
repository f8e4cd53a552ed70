"""How Telegram says no."""


class RefusedError(Exception):
    """Telegram's refusal of a request: the code and text of its rpc_error."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(f"{code} {text}")
        self.code = code
        self.text = text
