"""The path of a file as an option: never a folder, never without a name."""

from errno import ELOOP
from pathlib import Path

import click


class FilePath(click.Path):
    """A file that may be missing. Refuses an empty word and a folder, before anything is done."""

    def __init__(self, *, exists: bool = False) -> None:
        super().__init__(exists=exists, dir_okay=False, path_type=Path)

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> Path:
        """The path. Raises click.BadParameter."""
        word = str(value)
        path = Path(word)
        if not path.name or path.name == "..":
            self.fail(f"{word!r} names no file", param, ctx)
        if _leads_to_itself(path):
            self.fail(f"{word!r} is a link that leads to itself", param, ctx)
        found = super().convert(word, param, ctx)
        return Path(str(found))


def _leads_to_itself(path: Path) -> bool:
    try:
        path.stat()
    except OSError as error:
        return error.errno == ELOOP
    except ValueError:  # a word with a null in it: the conversion says so
        return False
    return False
