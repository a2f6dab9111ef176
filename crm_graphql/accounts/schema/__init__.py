"""Accounts in the GraphQL schema."""
