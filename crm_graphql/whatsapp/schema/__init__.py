"""The GraphQL face of WhatsApp's account."""

from crm_graphql.whatsapp.schema.queries import whatsapp_templates

QUERIES = (whatsapp_templates,)
