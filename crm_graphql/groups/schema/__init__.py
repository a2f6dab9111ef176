"""The GraphQL face of groups."""

from crm_graphql.groups.schema.mutations import (
    group_create,
    group_delete,
    group_members_add,
    group_members_remove,
    group_update,
)
from crm_graphql.groups.schema.queries import group, groups

QUERIES = (group, groups)
MUTATIONS = (group_create, group_update, group_delete, group_members_add, group_members_remove)
