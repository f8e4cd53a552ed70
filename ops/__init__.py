"""The operator's side: the `tpcapital` command, the demo, the embedded database, the benchmarks."""
