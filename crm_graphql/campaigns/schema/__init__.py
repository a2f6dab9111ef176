"""The GraphQL face of campaigns."""
