"""The worker that mutations use, so that few customers are done before they answer."""

from __future__ import annotations

from crm_graphql.bulk.worker import BulkWorker
from crm_graphql.gql.context import Info


def worker_of(info: Info) -> BulkWorker:
    """A worker over the request's resources."""
    resources = info.context.resources
    return BulkWorker(
        resources.in_transaction, resources.bus, resources.clock, resources.settings.lease_seconds
    )
