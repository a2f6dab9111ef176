"""The reading of requests in plain words."""
