"""The GraphQL edge, through the real HTTP and websocket doors."""
