"""The operations that the page adds, for the API's published description."""

from ingest_api import activity
from ingest_api.operations import SIGNAL_FILTERS, Operation
from ingest_api.overview import OverviewAnswer
from ingest_api.signals import export, parse_endpoint, unread_texts
from ingest_api.signals.revisions import RevisionsAnswer
from ingest_api.signals.understood import Understood

_FILE = f"What is filtered as a file, {export.MAX_ROWS} rows at most"

PAGE_OPERATIONS = (
    Operation(
        "get",
        "/overview",
        "The pipeline's state in brief, and what needs a person",
        OverviewAnswer,
        "read",
    ),
    Operation(
        "get",
        "/activity",
        "Counts by hour and by channel, and what to filter by",
        activity.ActivityAnswer,
        "read",
        query=(
            (
                "days",
                {
                    "type": "integer",
                    "minimum": 1,
                    "maximum": activity.MAX_DAYS,
                    "default": activity.DEFAULT_DAYS,
                },
                "of how many days",
            ),
        ),
    ),
    Operation(
        "get",
        "/malformed",
        "Texts that looked like signals and could not be read, newest first",
        unread_texts.UnreadTextsAnswer,
        "read",
        query=(
            (
                "limit",
                {
                    "type": "integer",
                    "minimum": 1,
                    "maximum": unread_texts.MAX_LIMIT,
                    "default": unread_texts.DEFAULT_LIMIT,
                },
                "how many at most",
            ),
            ("cursor", {"type": "string"}, "continue after the row with this cursor"),
        ),
    ),
    Operation(
        "get",
        "/messages/{channel}/{message}/revisions",
        "Every text that a message ever had, and what is understood of it",
        RevisionsAnswer,
        "read",
        refusals=(404,),
    ),
    Operation(
        "post",
        "/parse",
        "Try the parser on a text; nothing is stored",
        Understood,
        "read",
        parse_endpoint.TextToParse,
        refusals=(400, 413),
    ),
    Operation(
        "get",
        "/signals.csv",
        f"{_FILE}, no cell of it a formula",
        str,
        "read",
        query=(
            *SIGNAL_FILTERS,
            (
                "locale",
                {"type": "string", "enum": ["en", "pt-BR"], "default": "en"},
                "pt-BR: semicolons between, commas in numbers",
            ),
        ),
        media_type="text/csv",
    ),
    Operation("get", "/signals.json", _FILE, None, "read", query=SIGNAL_FILTERS),
    Operation(
        "get",
        "/page/{version}/{name}",
        "A file of the page that GET / answers to browsers",
        str,
        media_type="*/*",
        refusals=(404,),
    ),
)
