"""The GraphQL face of ingestion."""

from crm_graphql.ingestion.schema.inputs import RECORD_INPUTS as RECORD_INPUTS
from crm_graphql.ingestion.schema.mutations import customers_ingest, orders_ingest
from crm_graphql.ingestion.schema.queries import ingestion, ingestions
from crm_graphql.ingestion.schema.subscriptions import ingestion_progress

QUERIES = (ingestion, ingestions)
MUTATIONS = (customers_ingest, orders_ingest)
SUBSCRIPTIONS = (ingestion_progress,)
