"""The GraphQL face of ingestion."""

from crm_graphql.ingestion.schema.inputs import RECORD_INPUTS as RECORD_INPUTS
from crm_graphql.ingestion.schema.mutations import customers_ingest, ingestion_replay, orders_ingest
from crm_graphql.ingestion.schema.preview import TYPES as TYPES
from crm_graphql.ingestion.schema.queries import ingestion, ingestion_by_key, ingestions
from crm_graphql.ingestion.schema.subscriptions import ingestion_progress

QUERIES = (ingestion, ingestion_by_key, ingestions)
MUTATIONS = (customers_ingest, orders_ingest, ingestion_replay)
SUBSCRIPTIONS = (ingestion_progress,)
