"""The enums of exports, described."""

from __future__ import annotations

from crm_graphql.exports.documents import ExportFormat, ExportStatus, ExportSubject
from crm_graphql.gql.enums import describe_enum

__all__ = ["ExportFormat", "ExportStatus", "ExportSubject"]

describe_enum(
    ExportSubject,
    "What an export holds.",
    {
        "CUSTOMERS": "Customers under the names by which they can be imported again; of one who is named, "
        "everything that is held of them.",
        "ORDERS": "Orders.",
        "DELIVERIES": "Rows of the ledger of deliveries, with addresses.",
    },
)
describe_enum(
    ExportFormat,
    "How an export's file is written; it is packed with gzip.",
    {
        "CSV": "A line of names, then a row a line; what a spreadsheet would run is kept from it.",
        "NDJSON": "A JSON object a line.",
    },
)
describe_enum(
    ExportStatus,
    "How far an export is.",
    {
        "RUNNING": "It is being made, or waits for its turn.",
        "COMPLETED": "Its file can be downloaded until it expires.",
        "FAILED": "It was given up; failureReason says why.",
    },
)
