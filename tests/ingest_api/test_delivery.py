"""From a message to the columns."""

from decimal import Decimal

from tests.ingest_api.messages import CHATTER, OTHER_SIGNAL, SENT_AT, SIGNAL, delivery


def test_equal_deliveries_have_equal_versions() -> None:
    """A replay is the same version, whenever it comes."""
    assert delivery(1).version == delivery(1).version


def test_the_order_of_versions_is_time_then_sequence_then_digest() -> None:
    """An edit beats every sequence, a sequence every digest; different payloads are never equal."""
    assert delivery(1, edited=1).version > delivery(1, sequence=9).version
    assert delivery(1, sequence=2).version > delivery(1, CHATTER, sequence=1).version
    assert delivery(1, source="bot").version != delivery(1, source="user").version


def test_texts_that_differ_only_in_blanks_at_the_ends_are_one_text() -> None:
    """Sources disagree there; the digest does not, the payload does."""
    plain, padded = delivery(1), delivery(1, f"\n{SIGNAL} ")
    assert plain.version.text_sha256 == padded.version.text_sha256
    assert plain.version != padded.version


def test_prices_keep_their_digits_on_the_way() -> None:
    """Prices leave as the decimal texts they came as; targets in order, the final one last."""
    row = delivery(1).row
    assert (row["buy_min"], row["stop"]) == ("0.84", "0.52")
    assert row["targets"] == ["0.98", "1.60", "2.75"]
    assert (row["target_1"], row["target_2"], row["target_final"]) == ("0.98", "1.60", "2.75")
    assert Decimal(delivery(1, OTHER_SIGNAL).row["target_1"]) == Decimal("1.305")


def test_a_message_without_signal_has_none_of_its_columns() -> None:
    """Chatter is a message only."""
    chatter = delivery(1, CHATTER)
    assert (chatter.kind, chatter.found, chatter.row["sent_at"]) == ("not_a_signal", None, SENT_AT)
    assert "asset" not in chatter.row
