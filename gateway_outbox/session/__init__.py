"""The user session as a thing: its file, its copies, and how it is logged in and out."""
