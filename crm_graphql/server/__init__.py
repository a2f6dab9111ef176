"""The server of GraphQL: what speaks the protocols, checks operations, runs them, and feeds subscriptions."""
