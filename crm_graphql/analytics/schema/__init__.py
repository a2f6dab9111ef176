"""The GraphQL face of analytics."""

from crm_graphql.analytics.schema.mutations import report_delete, report_save
from crm_graphql.analytics.schema.queries import customer_stats, report, saved_reports, usage

QUERIES = (customer_stats, report, saved_reports, usage)
MUTATIONS = (report_save, report_delete)
