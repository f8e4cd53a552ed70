"""Logging in and out, and the token that the services share."""

from tests.messages_list.row import Row

ROWS = [
    Row(
        "token rotate --api-dir missing",
        2,
        "Error: Invalid value for '--api-dir': Directory 'missing' does not exist.",
    ),
    Row(
        "token rotate --api-dir folder --gateway-dir folder",
        1,
        "Error: there is no token in folder/gateway_secret_token; name the folders that hold "
        "them (--api-dir, --gateway-dir)",
    ),
    Row(
        "token rotate --api-dir folder --gateway-dir folder --plan",
        1,
        "Error: there is no token in folder/gateway_secret_token; name the folders that hold "
        "them (--api-dir, --gateway-dir)",
    ),
    Row(
        "token rotate --api-dir folder --gateway-dir folder --quiet -1",
        2,
        "Error: Invalid value for '--quiet': -1.0 is not in the range x>=0.",
    ),
    Row("token nothing", 2, "Error: No such command 'nothing'."),
    Row(
        "login",
        1,
        "Error: TELEGRAM_API_ID and TELEGRAM_API_HASH are not set; https://my.telegram.org "
        "shows both",
    ),
    Row("login --qr --import-string", 2, "Error: Give --qr or --import-string, not both."),
    Row(
        "TELEGRAM_API_ID=x login",
        1,
        "Error: TELEGRAM_API_ID 'x' must be a whole number. It is: api_id of "
        "https://my.telegram.org; turns the user session on.",
    ),
    Row(
        "TELEGRAM_API_ID=1 TELEGRAM_API_HASH=x login",
        1,
        "Error: standard input is no terminal, so nobody can type the code. Give --code-file "
        "FILE (it may appear later), or log in with --qr",
    ),
    Row(
        "TELEGRAM_API_ID=1 TELEGRAM_API_HASH=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa login",
        1,
        "Error: standard input is no terminal, so nobody can type the code. Give --code-file "
        "FILE (it may appear later), or log in with --qr",
    ),
    Row(
        (
            "TELEGRAM_API_ID=1 TELEGRAM_API_HASH=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa "
            "TELEGRAM_PHONE_NUMBER=x login"
        ),
        1,
        "Error: standard input is no terminal, so nobody can type the code. Give --code-file "
        "FILE (it may appear later), or log in with --qr",
    ),
    Row(
        (
            "TELEGRAM_API_ID=1 TELEGRAM_API_HASH=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa login "
            "--import-string"
        ),
        1,
        "Error: TELEGRAM_SESSION is not set (nor TELEGRAM_SESSION_FILE)",
    ),
    Row(
        (
            "TELEGRAM_API_ID=1 TELEGRAM_API_HASH=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa "
            "TELEGRAM_SESSION=1abc login --import-string"
        ),
        1,
        "Error: TELEGRAM_SESSION is no string session of Telethon or GramJS: one starts with "
        "1 and has some 350 characters or more. Check that it was copied whole",
    ),
    Row("login --wait -1", 2, "Error: Invalid value for '--wait': -1.0 is not in the range x>=0."),
    Row(
        "logout", 1, "Error: there is no session at .session/gateway.session. Type: tpcapital login"
    ),
    Row(
        "TELEGRAM_API_ID=1 TELEGRAM_API_HASH=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa logout",
        1,
        "Error: there is no session at .session/gateway.session. Type: tpcapital login",
    ),
    Row("login --wait=-1 --json", 2, "Error: No such option '--json'."),
    Row(
        "login --code-file folder",
        2,
        "Error: Invalid value for '--code-file': File 'folder' is a directory.",
    ),
    Row(
        "TELEGRAM_API_ID=1 TELEGRAM_API_HASH=a SESSION_DIR=file login",
        1,
        "Error: standard input is no terminal, so nobody can type the code. Give --code-file "
        "FILE (it may appear later), or log in with --qr",
    ),
    Row(
        "TELEGRAM_API_ID=1 login",
        1,
        "Error: TELEGRAM_API_HASH is not set, its other half is; https://my.telegram.org "
        "shows both.",
    ),
    Row(
        "TELEGRAM_API_ID=1 TELEGRAM_API_HASH=a login --code-file missing --wait 0",
        1,
        "Error: TELEGRAM_PHONE_NUMBER is not set (nor TELEGRAM_PHONE_NUMBER_FILE)",
    ),
    Row(
        "token rotate --api-dir missing --json",
        2,
        "Error: Invalid value for '--api-dir': Directory 'missing' does not exist.",
    ),
    Row(
        (
            "TELEGRAM_API_ID=1 TELEGRAM_API_HASH=a TELEGRAM_PHONE_NUMBER=+5511999999999 "
            "TELEGRAM_DC=2@127.0.0.1:1 TELEGRAM_DC_PUBLIC_KEY=file login --code-file missing"
        ),
        1,
        "Error: TELEGRAM_DC_PUBLIC_KEY file: it holds no RSA public key in PEM form",
    ),
    Row(
        (
            "TELEGRAM_API_ID=1 TELEGRAM_API_HASH=a TELEGRAM_PHONE_NUMBER=+5511999999999 "
            "TELEGRAM_DC=2@127.0.0.1:1 TELEGRAM_DC_PUBLIC_KEY=missing login --code-file missing"
        ),
        1,
        "Error: TELEGRAM_DC_PUBLIC_KEY missing: No such file or directory",
    ),
    Row(
        (
            "TELEGRAM_API_ID=1 TELEGRAM_API_HASH=a TELEGRAM_PHONE_NUMBER=+5511999999999 "
            "SESSION_DIR=open TELEGRAM_DC=2@127.0.0.1:1 login --code-file missing"
        ),
        1,
        "Error: session open/gateway.session cannot be used: group or others have rights on "
        "it, and whoever reads it is the account. Type: chmod 600 open/gateway.session",
    ),
    Row(
        (
            "TELEGRAM_API_ID=1 TELEGRAM_API_HASH=a TELEGRAM_PHONE_NUMBER=+5511999999999 "
            "SESSION_DIR=file TELEGRAM_DC=2@127.0.0.1:1 login --code-file missing"
        ),
        1,
        "Error: session file/gateway.session cannot be used: a file is where a folder must be"
        " (file)",
    ),
]
