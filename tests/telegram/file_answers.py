"""Answers with files, and with the logins at other data centres that files need."""

import os
from typing import Any

from telethon.tl import types

from tests.telegram.call import Call
from tests.telegram.channel import now
from tests.telegram.refusal import RefusedError


def part(call: Call) -> Any:
    """upload.getFile."""
    content = call.telegram.files.read(call.request, call.login.centre)
    return types.upload.File(types.storage.FileJpeg(), int(now().timestamp()), content)


def exported(call: Call) -> Any:
    """auth.exportAuthorization: a word that logs a key in at another data centre, once."""
    word = os.urandom(32)
    call.telegram.exports[word] = (call.account, call.request.dc_id)
    return types.auth.ExportedAuthorization(call.account.id, word)


def imported(call: Call) -> Any:
    """auth.importAuthorization: the key is the account's from now on, there."""
    account, centre = call.telegram.exports.pop(call.request.bytes, (None, 0))
    if account is None:
        raise RefusedError(400, "AUTH_BYTES_INVALID")
    call.login.account, call.login.centre = account, centre
    return types.auth.Authorization(account.entity())
