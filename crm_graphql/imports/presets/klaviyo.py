"""Klaviyo's export of profiles, of a list or a segment."""

from __future__ import annotations

from crm_graphql.imports.kinds import IngestionKind
from crm_graphql.imports.presets.preset import Preset

CUSTOMERS = Preset(
    name="klaviyo",
    exporter="Klaviyo",
    kind=IngestionKind.CUSTOMERS,
    signs=(("Email", "Klaviyo ID"), ("Email", "Email Marketing Consent"), ("Email", "Email Suppressions")),
    columns={
        "Klaviyo ID": "source_id",
        "First Name": "first_name",
        "Last Name": "last_name",
        "Email": "email",
        "Phone Number": "phone",
        "City": "city",
        "Country": "country",
        "Email Marketing Consent": "email_consent",
        "Email Marketing Consent Timestamp": "email_consent_at",
        "Email Suppressions": "email_opt_out",
        "SMS Marketing Consent": "sms_consent",
        "SMS Marketing Consent Timestamp": "sms_consent_at",
        "SMS Suppressions": "sms_opt_out",
        "Profile Created On": "signed_up_at",
        "Date Added": None,
        "Last Active": None,
    },
    totals={
        "Historic Customer Lifetime Value": "total_spend",
        "Historic Number Of Orders": "visit_count",
    },
)

PRESETS = (CUSTOMERS,)
