"""The audit in the GraphQL schema."""
