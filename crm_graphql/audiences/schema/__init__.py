"""The GraphQL face of audiences."""
