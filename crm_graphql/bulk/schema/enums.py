"""The enums of bulk operations, described."""

from __future__ import annotations

from crm_graphql.bulk.documents import BulkOperationKind
from crm_graphql.gql.enums import describe_enum

__all__ = ["BulkOperationKind"]

describe_enum(
    BulkOperationKind,
    "What a bulk operation does to each of its customers.",
    {
        "TAG": "Adds tags and takes tags away.",
        "TAG_RENAME": "Gives a tag another name, everywhere.",
        "TAG_DELETE": "Takes a tag away, everywhere.",
        "GROUP_ADD": "Has them join a group.",
        "GROUP_REMOVE": "Has them leave a group.",
    },
)
