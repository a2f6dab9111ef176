"""HubSpot's export of contacts."""

from __future__ import annotations

from crm_graphql.imports.kinds import IngestionKind
from crm_graphql.imports.presets.preset import Preset, TagStyle

CUSTOMERS = Preset(
    name="hubspot",
    exporter="HubSpot",
    kind=IngestionKind.CUSTOMERS,
    signs=(
        ("Record ID", "First Name", "Last Name", "Email"),
        ("Record ID", "Email", "Lifecycle Stage"),
        ("Record ID", "Email", "Marketing contact status"),
    ),
    columns={
        "Record ID": "source_id",
        "First Name": "first_name",
        "Last Name": "last_name",
        "Email": "email",
        "Phone Number": "phone",
        "Mobile Phone Number": "phone",
        "City": "city",
        "Country/Region": "country",
        "Create Date": "signed_up_at",
        "Unsubscribed from all email": "email_opt_out",
        # What it costs to write to somebody, and no word of theirs.
        "Marketing contact status": None,
        "Lifecycle Stage": None,
    },
    tag_style=TagStyle.SEMICOLON,
)

PRESETS = (CUSTOMERS,)
