"""The user session at work: what is pushed, what is compared, what is read of the past."""
