"""The list leaves nothing out: each sentence of the code is provoked, here or in another test."""

from tests.messages_list.sites import Site, sites, texts_of_tests
from tests.messages_list.test_messages import ROWS
from tests.messages_list.unprovoked import UNPROVOKED


def _unheard() -> list[str]:
    texts = texts_of_tests()
    rest = [each for each in sites() if not any(each.is_said_by(row.said) for row in ROWS)]
    return [str(each) for each in rest if not each.is_told_by(texts)]


def test_every_sentence_is_provoked_or_listed_with_a_reason() -> None:
    """A new sentence needs a row, a test of its own, or a reason; an old reason goes."""
    assert sorted(_unheard()) == sorted(UNPROVOKED)


def test_the_sites_are_found() -> None:
    """The reading of the code sees what stands in it."""
    found = sites()
    assert len(found) > 100
    assert Site(
        "ops/upgrade_command.py", ("Say --check. The steps are in docs/howto/upgrade.md",)
    ) in (found)


def test_a_sentence_that_nobody_says_is_seen() -> None:
    """Pieces must come in their order."""
    site = Site("x.py", ("outbox", "has no row"))
    assert site.is_said_by("Error: outbox a has no row 7")
    assert not site.is_said_by("Error: has no row 7 of outbox a")
    assert not site.is_told_by(["has no channel"])
