"""The enums of media."""

from __future__ import annotations

from crm_graphql.gql.enums import describe_enum
from crm_graphql.media.documents import MediaStatus as MediaStatus

describe_enum(
    MediaStatus,
    "How far a file is.",
    {
        "PROCESSING": "A consumer is to look at it.",
        "READY": "It can be had.",
        "REJECTED": "It is not taken; `rejectionReason` says why. Its bytes are gone.",
    },
)
