"""The GraphQL face of the assistant."""

from crm_graphql.assistant.schema.mutations import campaign_summarize, messages_suggest, rule_suggest

MUTATIONS = (rule_suggest, messages_suggest, campaign_summarize)
