"""The enums of ingestion, described."""

from __future__ import annotations

from crm_graphql.gql.enums import describe_enum
from crm_graphql.imports.kinds import IngestionKind
from crm_graphql.ingestion.documents import IngestionStatus

__all__ = ["IngestionKind", "IngestionStatus"]

describe_enum(
    IngestionKind,
    "What the records are.",
    {
        "CUSTOMERS": "Customer records.",
        "ORDERS": "Order records.",
        "SUPPRESSIONS": "Addresses that must not be written to.",
    },
)
describe_enum(
    IngestionStatus,
    "How far an ingestion is.",
    {
        "ACCEPTED": "Durably queued; nothing accepted can be lost from here on.",
        "RUNNING": "Some records have been applied.",
        "COMPLETED": "Every accepted record has been applied or counted as failed.",
        "FAILED": "The body never ended; what was accepted of it has been applied.",
    },
)
