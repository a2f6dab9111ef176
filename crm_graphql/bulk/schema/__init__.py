"""The GraphQL face of bulk operations and tags."""

from crm_graphql.bulk.schema.mutations import bulk_operation_cancel, customers_tag, tag_delete, tag_rename
from crm_graphql.bulk.schema.queries import bulk_operation, bulk_operations, tags
from crm_graphql.bulk.schema.subscriptions import bulk_operation_progress

QUERIES = (tags, bulk_operation, bulk_operations)
MUTATIONS = (customers_tag, tag_rename, tag_delete, bulk_operation_cancel)
SUBSCRIPTIONS = (bulk_operation_progress,)
