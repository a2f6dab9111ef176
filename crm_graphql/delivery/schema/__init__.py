"""The GraphQL face of delivery."""

from crm_graphql.delivery.schema.channel_setups import channels
from crm_graphql.delivery.schema.mutations import delivery_receipts_record
from crm_graphql.delivery.schema.subscriptions import delivery_updates

QUERIES = (channels,)
MUTATIONS = (delivery_receipts_record,)
SUBSCRIPTIONS = (delivery_updates,)
