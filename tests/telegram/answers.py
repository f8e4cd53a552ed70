"""Which requests the model answers, and with what: each answer is a function of a Call."""

from collections.abc import Callable
from typing import Any

from telethon.tl import functions

from tests.telegram import (
    account_answers,
    channel_answers,
    dialog_answers,
    file_answers,
    forward_answers,
    history_answers,
)
from tests.telegram.call import Call

Answer = Callable[[Call], Any]
"""Returns a TL object, a list of them or a bool. Raises RefusedError to answer rpc_error."""

ANSWERS: dict[type, Answer] = {
    functions.auth.LogOutRequest: account_answers.log_out,
    functions.help.GetConfigRequest: account_answers.config,
    functions.updates.GetDifferenceRequest: account_answers.difference,
    functions.updates.GetStateRequest: account_answers.state,
    functions.users.GetFullUserRequest: account_answers.full_user,
    functions.users.GetUsersRequest: account_answers.users,
    functions.channels.GetChannelsRequest: channel_answers.channels,
    functions.channels.GetFullChannelRequest: channel_answers.full_channel,
    functions.contacts.ResolveUsernameRequest: channel_answers.resolved_username,
    functions.updates.GetChannelDifferenceRequest: channel_answers.difference,
    functions.channels.GetMessagesRequest: history_answers.messages,
    functions.messages.GetHistoryRequest: history_answers.history,
    functions.messages.GetDialogsRequest: dialog_answers.dialogs,
    functions.messages.GetPeerDialogsRequest: dialog_answers.peer_dialogs,
    functions.messages.ForwardMessagesRequest: forward_answers.forwarded,
    functions.upload.GetFileRequest: file_answers.part,
    functions.auth.ExportAuthorizationRequest: file_answers.exported,
    functions.auth.ImportAuthorizationRequest: file_answers.imported,
}
