"""Roles and permissions, described."""

from __future__ import annotations

from crm_graphql.core.actor import Role as Role
from crm_graphql.gql.enums import describe_enum
from crm_graphql.gql.permission import Permission as Permission

describe_enum(
    Role,
    "What a caller is; each role holds the permissions that the directives name.",
    {
        "ADMIN": "Everything, users and API keys included.",
        "MARKETER": "Ingests, edits audiences, creates and launches campaigns.",
        "VIEWER": "Reads and subscribes.",
        "INGESTOR": "Ingests and records receipts, reads only its own ingestions.",
    },
)
