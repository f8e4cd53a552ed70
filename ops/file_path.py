"""The path of a file as an option: never a folder, never without a name."""

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
        try:
            path.resolve()
        except RuntimeError:  # of Python before 3.13
            self.fail(f"{word!r} is a link that leads to itself", param, ctx)
        found = super().convert(word, param, ctx)
        return Path(str(found))
