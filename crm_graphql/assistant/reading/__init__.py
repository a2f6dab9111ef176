"""The reading of requests in plain words: a grammar over the deployment's own fields."""

from crm_graphql.assistant.reading.reader import read

__all__ = ["read"]
