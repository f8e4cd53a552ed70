"""The demo: `tpcapital demo`, and the messages that it replays."""
