"""The protocols that operations come by: HTTP, websockets, server-sent events; and the two pages."""
