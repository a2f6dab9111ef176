"""The protocols that operations come by: HTTP, websockets, server-sent events; the explorer and the dashboard."""
