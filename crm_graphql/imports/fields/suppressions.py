"""Fields of suppressions."""

from __future__ import annotations

from crm_graphql.imports.fields.field import MAIL, PHONE, ImportField, names

SUPPRESSIONS = (
    ImportField(
        "address",
        "Address",
        "The e-mail address or telephone number that must not be written to.",
        (*names(MAIL), *names(PHONE), "Email", "Phone", "Recipient"),
        "ida@example.com",
        is_required=True,
    ),
    ImportField("channel", "Channel", "EMAIL, SMS or WHATSAPP.", (), "EMAIL"),
    ImportField(
        "reason",
        "Reason",
        "UNSUBSCRIBED, BOUNCED, COMPLAINED or MANUAL.",
        names("Suppression Reason"),
        "BOUNCED",
    ),
    ImportField(
        "created_at",
        "Since",
        "Since when.",
        names("createdAt, Date, Unsubscribed At, Unsub Time, Clean Time, Bounced At, Date Added"),
        "2024-03-16",
    ),
)
