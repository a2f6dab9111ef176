"""The GraphQL face of ingestion."""
