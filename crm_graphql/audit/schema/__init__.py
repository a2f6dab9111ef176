"""The audit in the GraphQL schema."""

from crm_graphql.audit.schema.queries import audit_events

QUERIES = (audit_events,)
