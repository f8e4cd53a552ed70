"""The benchmarks: `tpcapital bench`."""
