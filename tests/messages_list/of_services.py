"""Settings of the services, and what starts, stops and shows them."""

from tests.messages_list.row import Row

ROWS = [
    Row("logs nobody", 2, "Error: no component nobody; there are database, api, gateway"),
    Row(
        "logs --since x",
        2,
        "Error: Invalid value for '--since': 'x': use 30s, 10min, 2h, 1d or 2026-11-24T18:00",
    ),
    Row("logs --lines x", 2, "Error: Invalid value for '--lines': 'x' is not a valid integer."),
    Row("start nobody", 2, "Error: no component nobody; there are database, api, gateway"),
    Row("stop nobody", 2, "Error: no component nobody; there are database, api, gateway"),
    Row("restart nobody", 2, "Error: no component nobody; there are database, api, gateway"),
    Row("logs database", 1, "Error: database: its log is where it runs; it is not ours"),
    Row(
        "doctor --run nothing",
        2,
        "Error: Invalid value for '--run': 'nothing' is not one of 'settings', 'units', "
        "'modes', 'folders', 'disk', 'clock', 'old-system', 'lock', 'outbox', 'session', "
        "'database', 'schema', 'backups', 'running', 'containers', 'versions', 'telegram', "
        "'token', 'token-accepted', 'canary', 'metrics', 'prometheus'.",
    ),
    Row(
        "gateway",
        78,
        "FATAL API_SECRET_TOKEN is not set. It is: the API's GATEWAY_SECRET_TOKEN, sent as "
        "X-Gateway-Token.",
    ),
    Row(
        "GATEWAY_PORT=x gateway",
        78,
        "FATAL API_SECRET_TOKEN is not set. It is: the API's GATEWAY_SECRET_TOKEN, sent as "
        "X-Gateway-Token.\nFATAL GATEWAY_PORT 'x' must be a whole number. It is: port of "
        "/health and /metrics on 127.0.0.1.",
    ),
    Row(
        "API_SECRET_TOKEN_FILE=missing gateway",
        78,
        "FATAL API_SECRET_TOKEN_FILE missing: No such file or directory. It is: the API's "
        "GATEWAY_SECRET_TOKEN, sent as X-Gateway-Token.",
    ),
    Row(
        "GATEWAY_SECRET_TOKEN=short api",
        78,
        "FATAL GATEWAY_SECRET_TOKEN has 5 characters, fewer than 32; make one with: openssl "
        "rand -hex 32. It is: the token the gateway sends; openssl rand -hex 32.",
    ),
    Row(
        "demo --export missing",
        2,
        "Error: Invalid value for '--export': File 'missing' does not exist.",
    ),
    Row("demo --rate 0", 2, "Error: Invalid value for '--rate': 0.0 is not in the range x>0."),
    Row(
        "demo --port-offset x",
        2,
        "Error: Invalid value for '--port-offset': 'x' is not a valid integer.",
    ),
    Row(
        "demo --port-offset 99999",
        2,
        "Error: Invalid value for '--port-offset': 99999 is not in the range -4004<=x<=61528.",
    ),
    Row(
        "bench --only x",
        2,
        "Error: Invalid value for '--only': 'x' is not one of 'commit', 'roundtrip', "
        "'receive', 'ingest', 'drain', 'reads', 'stream', 'scale'.",
    ),
    Row(
        "bench --messages 0",
        2,
        "Error: Invalid value for '--messages': 0 is not in the range x>=1000.",
    ),
    Row(
        "bench --dsn x",
        2,
        "Error: Invalid value for '--dsn': it is no PostgreSQL connection string",
    ),
    Row(
        "GATEWAY_PORT=x MAX_DELETIONS=0 LOG_FORMAT=xml LOG_LEVEL=loud gateway",
        78,
        "FATAL API_SECRET_TOKEN is not set. It is: the API's GATEWAY_SECRET_TOKEN, sent as "
        "X-Gateway-Token.\nFATAL GATEWAY_PORT 'x' must be a whole number. It is: port of "
        "/health and /metrics on 127.0.0.1.\nFATAL MAX_DELETIONS '0' must be 1 or more. It is:"
        " deletions at a time that are applied unasked; more are held.\nFATAL LOG_LEVEL 'loud'"
        " must be one of debug, info, warning, error. It is: the least level that is logged."
        "\nFATAL LOG_FORMAT 'xml' must be one of auto, json, journal, text. It is: how lines look; "
        "auto: text on a terminal, else JSON.",
    ),
    Row(
        "API_SECRET_TOKEN=changeme gateway",
        78,
        "FATAL API_SECRET_TOKEN has 8 characters, fewer than 32; make one with: openssl rand "
        "-hex 32. It is: the API's GATEWAY_SECRET_TOKEN, sent as X-Gateway-Token.",
    ),
    Row(
        (
            "API_SECRET_TOKEN={token} API_ENDPOINT=ftp://x TELEGRAM_INGESTION_BOT_TOKEN=x "
            "TELEGRAM_DESTINATION_CHANNEL_ID=-1001 TELEGRAM_API_HASH=x gateway"
        ),
        78,
        "FATAL TELEGRAM_API_ID is not set, its other half is; https://my.telegram.org shows "
        "both\nFATAL TELEGRAM_INGESTION_BOT_TOKEN is no bot token: it is a number, a colon and"
        " some 35 letters; copy it whole from @BotFather (/mybots, API Token)\nFATAL "
        "TELEGRAM_DESTINATION_CHANNEL_ID needs the user session, which forwards: set "
        "TELEGRAM_API_ID and TELEGRAM_API_HASH\nFATAL API_ENDPOINT 'ftp://x' is no http or "
        "https URL",
    ),
    Row(
        "API_SECRET_TOKEN={token} API_ENDPOINT=http://127.0.0.1/x gateway",
        78,
        "FATAL API_ENDPOINT 'http://127.0.0.1/x' does not end in /ingest",
    ),
    Row(
        "API_SECRET_TOKEN={token} API_ENDPOINT=http://u:secret@127.0.0.1/ingest gateway",
        78,
        "FATAL API_ENDPOINT carries a password; the token alone authenticates",
    ),
    Row(
        "gateway --rate x",
        78,
        "FATAL API_SECRET_TOKEN is not set. It is: the API's GATEWAY_SECRET_TOKEN, sent as "
        "X-Gateway-Token.\nFATAL REPLAY_RATE 'x' must be a number. It is: messages a second of"
        " the replay; unset: no limit.",
    ),
    Row(
        "API_SECRET_TOKEN={token} OUTBOX_PATH=newer.sqlite3 GATEWAY_PORT=0 gateway",
        76,
        "outbox newer.sqlite3 has schema 99, this program knows 1. Install the newer program "
        "again; nothing was changed.",
    ),
    Row(
        "API_SECRET_TOKEN={token} OUTBOX_PATH=other.sqlite3 GATEWAY_PORT=0 gateway",
        74,
        "outbox other.sqlite3 cannot be opened: it is another program's database; set OUTBOX_PATH",
    ),
    Row(
        "API_SECRET_TOKEN={token} OUTBOX_PATH=file/x GATEWAY_PORT=0 gateway",
        74,
        "outbox file/x cannot be opened: a file is where a folder must be (file/x.lock)",
    ),
    Row(
        "API_SECRET_TOKEN={token} OUTBOX_PATH=. GATEWAY_PORT=0 gateway",
        78,
        "FATAL OUTBOX_PATH '.' names no file",
    ),
    Row(
        (
            "API_SECRET_TOKEN={token} OUTBOX_PATH=g.sqlite3 CHANNELS_FILE=torn.toml "
            "GATEWAY_PORT=0 gateway"
        ),
        78,
        "torn.toml: Invalid value (at line 1, column 11). Correct it; nothing was changed.",
    ),
    Row(
        (
            "GATEWAY_SECRET_TOKEN=short PORT=x POOL_SIZE=0 LOG_LEVEL=loud TZ=Mars "
            "TRUSTED_PROXIES=x CORS_ORIGIN=x api"
        ),
        78,
        "FATAL GATEWAY_SECRET_TOKEN has 5 characters, fewer than 32; make one with: openssl "
        "rand -hex 32. It is: the token the gateway sends; openssl rand -hex 32.\nFATAL PORT "
        "'x' must be a whole number. It is: the port to listen on; 0 takes a free one.\nFATAL "
        "LOG_LEVEL 'loud' must be one of debug, info, warning, error. It is: the least level "
        "that is logged.\nFATAL POOL_SIZE '0' must be 1 or more. It is: database connections "
        "at most; two more stand beside them.",
    ),
    Row(
        (
            "GATEWAY_SECRET_TOKEN={token} TIMESCALEDB_URL=nonsense TZ=Mars TRUSTED_PROXIES=x "
            "CORS_ORIGIN=x api"
        ),
        78,
        "FATAL TIMESCALEDB_URL is no PostgreSQL connection string. It is: a connection string"
        " that stands for the five parts below.",
    ),
    Row(
        "GATEWAY_SECRET_TOKEN={token} TZ=Mars TRUSTED_PROXIES=x CORS_ORIGIN=x api",
        78,
        "FATAL TZ 'Mars' is no time zone; use a name such as America/Sao_Paulo\nFATAL "
        "TRUSTED_PROXIES: 'x' does not appear to be an IPv4 or IPv6 network; use addresses "
        "and networks such as 10.0.0.0/8\nFATAL TIMESCALEDB_HOST is not set; set it, or "
        "TIMESCALEDB_URL instead\nFATAL TIMESCALEDB_DATABASE is not set; set it, or "
        "TIMESCALEDB_URL instead\nFATAL TIMESCALEDB_USER is not set; set it, or "
        "TIMESCALEDB_URL instead",
    ),
]
