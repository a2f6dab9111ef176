"""The GraphQL face of media."""

from crm_graphql.media.schema.mutations import media_attach, media_delete, media_detach, media_publish
from crm_graphql.media.schema.queries import media, media_files
from crm_graphql.media.schema.subscriptions import media_processing

QUERIES = (media, media_files)
MUTATIONS = (media_attach, media_detach, media_publish, media_delete)
SUBSCRIPTIONS = (media_processing,)
