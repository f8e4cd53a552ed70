"""Files of messages: what is to be downloaded, and the lane that does it."""
