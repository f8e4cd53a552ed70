"""`tpcapital gateway` and `tpcapital api`: the services' own starts under the one command."""

from importlib import import_module

import click


@click.command()
@click.option("--replay", metavar="FILE", help="Replay a Telegram export (REPLAY_FILE).")
@click.option("--rate", metavar="N", help="Messages a second of the replay (REPLAY_RATE).")
@click.option("--take-over", is_flag=True, help="Remove the bot's webhook (TAKE_OVER_WEBHOOK).")
@click.pass_context
def gateway(ctx: click.Context, replay: str | None, rate: str | None, *, take_over: bool) -> None:
    """Run the gateway in the foreground, as `python -m gateway_outbox` does.

    Settings come from the environment: docs/reference/settings.md.
    """
    given = {"--replay": replay, "--rate": rate}
    arguments = [f"{name}={value}" for name, value in given.items() if value is not None]
    arguments += ["--take-over"] if take_over else []
    ctx.exit(int(import_module("gateway_outbox.__main__").main(arguments)))


@click.command()
@click.pass_context
def api(ctx: click.Context) -> None:
    """Run the ingest API in the foreground, as `python -m ingest_api` does.

    Settings come from the environment: docs/reference/settings.md.
    """
    ctx.exit(int(import_module("ingest_api.__main__").main([])))
