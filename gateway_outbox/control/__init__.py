"""The gateway's own HTTP on 127.0.0.1: health, metrics, and the operator's control."""
