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
from crm_graphql.campaigns.schema.queries import (
    campaign,
    campaign_check,
    campaign_preview,
    campaigns,
    message_preview,
    template_fields,
)
from crm_graphql.campaigns.schema.subscriptions import active_campaigns, campaign_progress
from crm_graphql.campaigns.schema.tracking import tracking_defaults
from crm_graphql.campaigns.schema.trials import campaign_test

QUERIES = (
    campaign,
    campaigns,
    campaign_preview,
    campaign_check,
    message_preview,
    template_fields,
    tracking_defaults,
)
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
    campaign_test,
)
SUBSCRIPTIONS = (campaign_progress, active_campaigns)
