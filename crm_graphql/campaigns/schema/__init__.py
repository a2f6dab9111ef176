"""The GraphQL face of campaigns."""

from crm_graphql.campaigns.schema.mutations import campaign_create, campaign_launch, campaign_update
from crm_graphql.campaigns.schema.queries import campaign, campaigns, message_preview, template_fields
from crm_graphql.campaigns.schema.subscriptions import campaign_progress

QUERIES = (campaign, campaigns, message_preview, template_fields)
MUTATIONS = (campaign_create, campaign_update, campaign_launch)
SUBSCRIPTIONS = (campaign_progress,)
