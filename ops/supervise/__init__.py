"""What runs the pipeline, whoever that is: `tpcapital start`, `stop`, `status` and `logs`."""
