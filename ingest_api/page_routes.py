"""The page's routes: itself, and what it asks beside the signals."""

from starlette.routing import BaseRoute, Route

from ingest_api.activity import Activity
from ingest_api.database.statements import Statements
from ingest_api.gateway.gateway_link import GatewayLink
from ingest_api.gateway.gateway_state import GatewayState
from ingest_api.overview import Overview
from ingest_api.request.api_key import ApiKey
from ingest_api.signals.catalog import Catalog
from ingest_api.signals.export import Export
from ingest_api.signals.parse_endpoint import parse_text
from ingest_api.signals.revisions import Revisions
from ingest_api.signals.unread_texts import UnreadTexts
from ingest_api.web_page import Endpoint, WebPage


class PageRoutes:
    """What the page is made of and asks for."""

    def __init__(self, statements: Statements, catalog: Catalog, link: GatewayLink) -> None:
        gateway = GatewayState(link)
        self._page = WebPage()
        self._overview = Overview(statements, gateway)
        self._activity = Activity(statements, gateway)
        self._revisions = Revisions(statements)
        self._unread = UnreadTexts(statements)
        self._export = Export(catalog)

    def root(self, for_programs: Endpoint) -> Endpoint:
        """`GET /`: the page for browsers, else what `for_programs` answers."""
        return self._page.root(for_programs)

    def routes(self, key: ApiKey) -> list[BaseRoute]:
        """All but `/`; the files hold no data and are open to all."""
        reads: dict[str, Endpoint] = {
            "/overview": self._overview.show,
            "/activity": self._activity.show,
            "/malformed": self._unread.list,
            "/messages/{channel}/{message}/revisions": self._revisions.list,
            "/signals.csv": self._export.csv,
            "/signals.json": self._export.json,
        }
        return [
            Route("/page/{version}/{name}", self._page.file, methods=["GET"]),
            Route("/parse", key.reading(parse_text), methods=["POST"]),
            *(Route(path, key.reading(read), methods=["GET"]) for path, read in reads.items()),
        ]
