"""The GraphQL face of delivery."""
