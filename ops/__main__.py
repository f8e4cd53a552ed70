"""`python -m ops`: the command line where the script `tpcapital` is not on the path."""

from ops.cli import main

main()
