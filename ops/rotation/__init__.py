"""The shared token, made and replaced: `tpcapital token`."""
