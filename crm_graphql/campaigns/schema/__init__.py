"""The GraphQL face of campaigns."""

from crm_graphql.campaigns.schema.control import (
    campaign_cancel,
    campaign_delete,
    campaign_duplicate,
    campaign_pause,
    campaign_resume,
    campaign_retry,
    campaign_schedule,
    campaign_unschedule,
)
from crm_graphql.campaigns.schema.mutations import campaign_create, campaign_launch, campaign_update
from crm_graphql.campaigns.schema.queries import campaign, campaigns, message_preview, template_fields
from crm_graphql.campaigns.schema.subscriptions import active_campaigns, campaign_progress

QUERIES = (campaign, campaigns, message_preview, template_fields)
MUTATIONS = (
    campaign_create,
    campaign_update,
    campaign_launch,
    campaign_schedule,
    campaign_unschedule,
    campaign_pause,
    campaign_resume,
    campaign_cancel,
    campaign_retry,
    campaign_duplicate,
    campaign_delete,
)
SUBSCRIPTIONS = (campaign_progress, active_campaigns)
