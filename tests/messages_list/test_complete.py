"""The list leaves nothing out: each sentence of the code is provoked, here or in another test."""

from collections.abc import Iterator

from tests.messages_list.http_sites import http_sites, is_told
from tests.messages_list.sites import Site, sites, texts_of_tests
from tests.messages_list.test_http_messages import HTTP_ROWS
from tests.messages_list.test_messages import ROWS
from tests.messages_list.unprovoked import UNPROVOKED

_TYPED = [row.said for row in ROWS]
_ASKED = [row.said for row in HTTP_ROWS]


def _unheard() -> Iterator[str]:
    texts = texts_of_tests()
    for found, rows, told in ((sites(), _TYPED, Site.is_told_by), (http_sites(), _ASKED, is_told)):
        rest = [each for each in found if not any(map(each.is_said_by, rows))]
        yield from (str(each) for each in rest if not told(each, texts))


def test_every_sentence_is_provoked_or_listed_with_a_reason() -> None:
    """A new sentence needs a row, a test of its own, or a reason; an old reason goes."""
    assert sorted(_unheard()) == sorted(UNPROVOKED)


def test_the_sites_are_found() -> None:
    """The reading of the code sees what stands in it."""
    found = sites()
    assert len(found) > 100
    assert Site(
        "ops/install/upgrade_command.py", ("Say --check. The steps are in docs/howto/upgrade.md",)
    ) in (found)


def test_the_sites_of_http_are_found() -> None:
    """In a call, behind a name, in a function that is called, and in a generator of faults."""
    found = http_sites()
    assert len(found) > 70
    for site in (
        Site("ingest_api/request/rate_limit.py", ("more than", "requests in", "s; wait", "s")),
        Site(
            "ingest_api/request/frame.py", ("send Content-Length or Transfer-Encoding, not both",)
        ),
        Site(
            "ingest_api/gateway/gateway_link.py",
            ("no gateway has reported to this API yet; start it, and see its log",),
        ),
        Site("contracts/wire.py", ("must be a 64-bit id in the marked form, not 0",)),
    ):
        assert site in found


def test_a_sentence_that_nobody_says_is_seen() -> None:
    """Pieces must come in their order."""
    site = Site("x.py", ("outbox", "has no row"))
    assert site.is_said_by("Error: outbox a has no row 7")
    assert not site.is_said_by("Error: has no row 7 of outbox a")
    assert not site.is_told_by(["has no channel"])
