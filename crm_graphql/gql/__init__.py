"""The GraphQL edge that all domains share: scalars, ids, connections, permissions, errors, streams."""
