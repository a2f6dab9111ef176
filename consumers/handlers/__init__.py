"""One module a kind of message: decode, call the service, return."""
