"""The GraphQL face of customers."""
