"""The gateway as the API sees it, and the registers of channels and bots of the old API."""
