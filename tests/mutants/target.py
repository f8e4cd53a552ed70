"""What is mutated, and the quick tests that must notice it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Target:
    """Files of one part, its tests, and what to leave out of them (pytest's -k)."""

    files: tuple[str, ...]
    tests: tuple[str, ...]
    without: str = ""
    statements: tuple[str, ...] = ()  # not empty: SQL, of these names


STORE = "tests/ingest_api/test_store.py"

TARGETS = {
    "parser": Target(
        files=(
            "ingest_api/parser/signal_parser.py",
            "ingest_api/parser/brazilian_number.py",
            "ingest_api/parser/asset_code.py",
            "ingest_api/parser/folded_text.py",
        ),
        tests=(
            "tests/ingest_api/test_faulty_prices.py",
            "tests/ingest_api/test_signal_parser.py",
            "tests/ingest_api/test_brazilian_number.py",
            "tests/ingest_api/test_asset_code.py",
            "tests/ingest_api/test_folded_text.py",
            "tests/ingest_api/test_corpus.py",
        ),
        # Many, and for other questions.
        without="grows or raises or chatter or letter_case or ends_within",
    ),
    "relay": Target(
        files=("gateway_outbox/relay/verdict.py", "gateway_outbox/relay/relay.py"),
        tests=(
            "tests/gateway_outbox/test_verdict.py",
            "tests/gateway_outbox/test_relay.py",
            "tests/gateway_outbox/test_relay_lanes.py",
            "tests/gateway_outbox/test_relay_stop.py",
            "tests/gateway_outbox/test_relay_recovery.py",
            "tests/gateway_outbox/test_canary.py",
        ),
    ),
    "ledger": Target(
        files=("ingest_api/sql/queries.sql",),
        tests=(
            f"{STORE}::test_each_delivery_is_told_what_became_of_it",
            f"{STORE}::test_versions_and_repetitions_in_one_batch_are_told_apart",
            "tests/ingest_api/test_deletions.py",
            "tests/ingest_api/test_ledger_rows.py",
            f"{STORE}::test_the_tables_depend_on_the_set_of_deliveries_alone",
            STORE,
        ),
        # About a database that fails, or with a process that has the statements as they are.
        without="deadlock or lock or without_a_database or restarted or deaf or gateway_posts",
        statements=(
            "record_new_messages",
            "record_messages",
            "count_revisions",
            "record_signals",
            "settle_signals",
            "record_deletions",
            "advance_deletions",
        ),
    ),
    "outbox": Target(
        files=("gateway_outbox/outbox/outbox.py", "gateway_outbox/outbox/outbox_writer.py"),
        tests=(
            "tests/gateway_outbox/test_outbox.py",
            "tests/gateway_outbox/test_outbox_numbers.py",
            "tests/gateway_outbox/test_outbox_transaction.py",
            "tests/gateway_outbox/test_outbox_writer.py",
            "tests/gateway_outbox/test_outbox_held.py",
            "tests/gateway_outbox/test_housekeeping.py",
        ),
    ),
    "reconcile": Target(
        files=(
            "gateway_outbox/user/reconcile_source.py",
            "gateway_outbox/user/reconcile_turn_source.py",
        ),
        # In the tests' own process: a gateway of its own would run without the fault.
        tests=(
            "tests/telegram/test_reconcile.py",
            "tests/telegram/test_user_source.py",
            "tests/telegram/test_user_channels.py",
            "tests/telegram/test_shut_channels.py",
            "tests/telegram/test_channel_lookup.py",
            "tests/telegram/test_user_session.py::test_a_session_that_one_request_finds_refused",
        ),
    ),
}
