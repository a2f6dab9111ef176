"""The enums of media."""

from __future__ import annotations

from crm_graphql.gql.enums import describe_enum
from crm_graphql.media.documents import MediaStatus as MediaStatus
from crm_graphql.media.types import MediaKind as MediaKind

describe_enum(
    MediaStatus,
    "How far a file is.",
    {
        "PROCESSING": "A consumer is to look at it.",
        "READY": "It can be had.",
        "REJECTED": "It is not taken; `rejectionReason` says why. Its bytes are gone.",
    },
)
describe_enum(
    MediaKind,
    "What people take a file to be.",
    {
        "PICTURE": "PNG, JPEG, GIF and WebP.",
        "DOCUMENT": "PDF, and what office programs write.",
        "TEXT": "Plain text and CSV.",
    },
)
