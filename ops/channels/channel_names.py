"""Channels as people name them on the command line, and what is known of them."""

import os
from pathlib import Path
from typing import Any

import click

from gateway_outbox.channels_file import Declared, declared_by, from_words
from gateway_outbox.errors import ChannelsFileError
from ops.channels import channel_views
from ops.channels.channels_edit import ChannelsEdit
from ops.file_path import FilePath
from ops.outbox.outbox_reader import open_reader

channels_file_option = click.option(
    "--channels-file",
    "file",
    envvar="CHANNELS_FILE",
    default="channels.toml",
    show_default=True,
    type=FilePath(),
    help="The declared channels (CHANNELS_FILE).",
)


def id_of(word: str, file: Path, path: Path) -> int:
    """The marked id of a channel that is named by id, public name, link or label.

    Raises ChannelsFileError when nothing is known of it.
    """
    rows = channel_views.listed(ChannelsEdit(file).declared, in_environment(), known_channels(path))
    labels = {row["label"]: row["channel_id"] for row in rows if row["label"]}
    if found := labels.get(word):
        return int(found)
    wanted = declared_by(word)
    if wanted.id is not None:
        return wanted.id
    for each in known_channels(path):
        if wanted.means(each["channel_id"], each["username"]):
            return int(each["channel_id"])
    raise ChannelsFileError(
        f"{word} was not seen yet, so its id is not known; give the id, or start the gateway first"
    )


def known_channels(path: Path) -> list[dict[str, Any]]:
    """What the outbox at this path knows of each channel; nothing where there is no such file."""
    if not path.is_file():
        return []
    with open_reader(path) as reader:
        return reader.channels()


def in_environment() -> list[Declared]:
    """The channels that the environment declares. Raises ChannelsFileError."""
    destination = os.environ.get("TELEGRAM_DESTINATION_CHANNEL_ID", "").strip()
    number = declared_by(destination).id if destination else None
    return list(from_words(os.environ.get("TELEGRAM_SOURCE_CHANNELS", ""), number))
