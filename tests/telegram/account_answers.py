"""Answers about the account itself and its common box."""

from datetime import timedelta
from typing import Any

from telethon.tl import types

from tests.telegram.call import Call
from tests.telegram.channel import now
from tests.telegram.files import HOME
from tests.telegram.refusal import RefusedError

_NUMBERS = (
    *("chat_size_max", "megagroup_size_max", "forwarded_count_max", "online_update_period_ms"),
    *("offline_blur_timeout_ms", "offline_idle_timeout_ms", "online_cloud_timeout_ms"),
    *("notify_cloud_delay_ms", "notify_default_delay_ms", "push_chat_period_ms"),
    *("push_chat_limit", "edit_time_limit", "revoke_time_limit", "revoke_pm_time_limit"),
    *("rating_e_decay", "stickers_recent_limit", "channels_read_media_period"),
    *("call_receive_timeout_ms", "call_ring_timeout_ms", "call_connect_timeout_ms"),
    *("call_packet_timeout_ms", "caption_length_max", "message_length_max"),
)


def config(call: Call) -> Any:
    """help.getConfig: this server as every data centre."""
    host, port = call.telegram.address
    return types.Config(
        date=now(),
        expires=now() + timedelta(hours=1),
        test_mode=False,
        this_dc=HOME,
        dc_options=[types.DcOption(centre, host, port) for centre in range(1, 6)],
        dc_txt_domain_name="",
        me_url_prefix="https://t.me/",
        webfile_dc_id=HOME,
        **dict.fromkeys(_NUMBERS, 200),
    )


def users(call: Call) -> list[Any]:
    """users.getUsers: accounts of the model; others come back empty."""
    return [_user(call, asked) for asked in call.request.id]


def full_user(call: Call) -> Any:
    """users.getFullUser, as far as Telethon reads it."""
    account = call.account
    full = types.UserFull(
        account.id, types.PeerSettings(), types.PeerNotifySettings(), common_chats_count=0
    )
    return types.users.UserFull(full, [], [_user(call, call.request.id)])


def state(call: Call) -> Any:
    """updates.getState."""
    return types.updates.State(pts=call.account.pts, qts=0, date=now(), seq=1, unread_count=0)


def difference(call: Call) -> Any:
    """updates.getDifference: what Telegram.deliver put into the common box since."""
    missed = [each for each in call.account.box if each.pts > call.request.pts]
    if not missed:
        return types.updates.DifferenceEmpty(now(), seq=1)
    chats = [chat for each in missed for chat in each.chats]
    return types.updates.Difference(
        [each.message for each in missed], [], [], chats, [], state(call)
    )


def log_out(call: Call) -> Any:
    """auth.logOut: the key is nobody's from now on."""
    call.login.account = None
    return types.auth.LoggedOut()


def _user(call: Call, asked: Any) -> Any:
    if isinstance(asked, types.InputUserSelf):
        return call.account.entity()
    account = call.telegram.accounts.get(getattr(asked, "user_id", 0))
    if account is None:
        raise RefusedError(400, "USER_ID_INVALID")
    return account.entity(is_self=account is call.account)
