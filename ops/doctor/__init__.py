"""What is wrong, and what to type: `tpcapital doctor`."""
