"""Tests of the GraphQL server: protocols, limits, streams."""
