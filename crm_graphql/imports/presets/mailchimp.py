"""Mailchimp's exports of an audience: a file each for those who agreed, left, or were cleaned."""

from __future__ import annotations

from crm_graphql.imports.kinds import IngestionKind
from crm_graphql.imports.presets.preset import Preset
from crm_graphql.imports.words import FileStatus

_PEOPLE = {
    "Email Address": "email",
    "First Name": "first_name",
    "Last Name": "last_name",
    "Phone Number": "phone",
    "TAGS": "tags",
    "EUID": "source_id",
    "CC": "country",
    "LEID": None,
    "NOTES": None,
    "MEMBER_RATING": None,
    "LAST_CHANGED": None,
    "REGION": None,
}

AGREED = Preset(
    name="mailchimp",
    exporter="Mailchimp",
    kind=IngestionKind.CUSTOMERS,
    signs=(
        ("Email Address", "LEID", "EUID"),
        ("Email Address", "MEMBER_RATING", "OPTIN_TIME"),
        ("Email Address", "OPTIN_TIME", "CONFIRM_TIME"),
    ),
    columns={**_PEOPLE, "CONFIRM_TIME": "email_consent_at", "OPTIN_TIME": "email_consent_at"},
    agreed_by=("CONFIRM_TIME", "OPTIN_TIME"),
    notes=("Who has neither CONFIRM_TIME nor OPTIN_TIME never agreed to e-mail, and is not written to.",),
)

LEFT = Preset(
    name="mailchimp",
    exporter="Mailchimp",
    kind=IngestionKind.CUSTOMERS,
    signs=(
        ("Email Address", "UNSUB_TIME", "LEID", "EUID"),
        ("Email Address", "UNSUB_TIME", "UNSUB_REASON", "LEID"),
        ("Email Address", "UNSUB_TIME", "UNSUB_CAMPAIGN_TITLE", "UNSUB_CAMPAIGN_ID"),
        ("Email Address", "UNSUB_TIME", "OPTIN_TIME", "CONFIRM_TIME"),
    ),
    columns={**_PEOPLE, "UNSUB_TIME": "email_consent_at", "OPTIN_TIME": None, "CONFIRM_TIME": None},
    email_status=FileStatus.UNSUBSCRIBED,
    notes=("The file is one of people who unsubscribed: none of them is written to by e-mail.",),
)

CLEANED = Preset(
    name="mailchimp",
    exporter="Mailchimp",
    kind=IngestionKind.CUSTOMERS,
    signs=(
        ("Email Address", "CLEAN_TIME", "LEID", "EUID"),
        ("Email Address", "CLEAN_TIME", "CLEAN_CAMPAIGN_TITLE", "CLEAN_CAMPAIGN_ID"),
        ("Email Address", "CLEAN_TIME", "OPTIN_TIME", "CONFIRM_TIME"),
    ),
    columns={**_PEOPLE, "CLEAN_TIME": "email_consent_at", "OPTIN_TIME": None, "CONFIRM_TIME": None},
    email_status=FileStatus.BOUNCED,
    notes=("The file is one of cleaned addresses: none of them is written to by e-mail.",),
)

PRESETS = (AGREED, LEFT, CLEANED)
