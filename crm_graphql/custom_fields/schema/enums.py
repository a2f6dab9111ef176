"""Enums of custom fields, described for the schema."""

from __future__ import annotations

from crm_graphql.custom_fields.documents import CustomFieldType
from crm_graphql.gql.enums import describe_enum

__all__ = ["CustomFieldType"]

describe_enum(
    CustomFieldType,
    "What kind of value a custom field holds.",
    {
        "TEXT": "At most 500 characters.",
        "NUMBER": "At most 15 digits, with decimals or without.",
        "DATE": "A day without a time, 2024-06-30.",
        "BOOLEAN": "Yes or no.",
        "LIST": "One or more of `options`.",
    },
)
