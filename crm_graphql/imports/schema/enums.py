"""The enums of imports, described."""

from __future__ import annotations

from crm_graphql.gql.enums import describe_enum
from crm_graphql.imports.kinds import IngestionKind
from crm_graphql.imports.plans import DateOrder

__all__ = ["DateOrder", "IngestionKind"]

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
    DateOrder,
    "In which order a date of three numbers has day, month and year.",
    {"YMD": "2024-06-30.", "DMY": "30/06/2024.", "MDY": "06/30/2024."},
)
