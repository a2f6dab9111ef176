"""The enums of audiences, described, and that of channels: campaigns build on audiences, not the reverse."""

from __future__ import annotations

from crm_graphql.audiences.fields import RuleFieldType, RuleValueShape
from crm_graphql.core.channels import Channel
from crm_graphql.gql.enums import describe_enum

__all__ = ["Channel", "RuleFieldType", "RuleValueShape"]

describe_enum(
    RuleFieldType,
    "What kind of value a field of a rule holds.",
    {
        "NUMBER": "A whole number.",
        "MONEY": "An amount in the deployment's currency, at most 4 decimals; a number or decimal text.",
        "TEXT": "A text, compared without regard to case.",
        "DATE_TIME": "A moment: a date (its whole day in the deployment's time zone) or an RFC 3339 "
        "date-time as text.",
        "BOOLEAN": "true or false.",
        "LIST": "Several texts, compared without regard to case.",
    },
)
describe_enum(
    RuleValueShape,
    "What an operator wants as its value.",
    {
        "NONE": "No value.",
        "ONE": "One value of the field's type.",
        "LIST": "A list of values of the field's type.",
        "RANGE": "A list of two values, [low, high], both included.",
        "DURATION": 'An ISO 8601 duration: "P90D", "P6M".',
    },
)
describe_enum(
    Channel,
    "How a message travels.",
    {
        "EMAIL": "To the email address; has a subject.",
        "SMS": "A text message to the phone number.",
        "WHATSAPP": "A WhatsApp message to the phone number.",
    },
)
