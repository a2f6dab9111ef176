"""The GraphQL face of saved views."""

from crm_graphql.views.schema.mutations import saved_view_delete, saved_view_save
from crm_graphql.views.schema.queries import saved_views

QUERIES = (saved_views,)
MUTATIONS = (saved_view_save, saved_view_delete)
