"""One message's story across both services: `tpcapital trace`."""
