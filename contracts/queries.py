"""SQL from `.sql` files: each statement stands under `-- name: …` and a comment on its purpose."""

import re
from importlib.resources import files

_HEADING = re.compile(r"^-- name: (\w+)\n(?:-- .+\n)+", re.MULTILINE)


def load(package: str, path: str) -> dict[str, str]:
    """The statements of one file by name. Raises ValueError for a file without any."""
    text = files(package).joinpath(path).read_text(encoding="utf-8")
    _, *parts = _HEADING.split(text)
    if not parts:
        raise ValueError(f"{package}/{path} holds no '-- name:' heading with its purpose")
    return dict(zip(parts[::2], (part.strip() for part in parts[1::2]), strict=True))
