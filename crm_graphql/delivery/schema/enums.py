"""The enums of delivery, described."""

from __future__ import annotations

from crm_graphql.delivery.documents import DeliveryReason, DeliveryStatus
from crm_graphql.delivery.messages import ReceiptStatus
from crm_graphql.delivery.queries import DeliverySortField
from crm_graphql.gql.enums import describe_enum

__all__ = ["DeliveryReason", "DeliverySortField", "DeliveryStatus", "ReceiptStatus"]

describe_enum(
    DeliveryStatus,
    "How far one message is.",
    {
        "QUEUED": "Waits to be sent.",
        "SENT": "Taken by the vendor, receipt not yet here.",
        "DELIVERED": "The vendor says that it arrived.",
        "FAILED": "It did not arrive; `reason` says why.",
        "SKIPPED": "Not sent on purpose; `reason` says why.",
    },
)
describe_enum(
    DeliveryReason,
    "Why a delivery failed or was skipped.",
    {
        "NO_ADDRESS": "The customer has no address for the channel.",
        "DUPLICATE_ADDRESS": "Somebody before them in this campaign has the same address.",
        "SUPPRESSED": "The address must not be written to.",
        "NO_CONSENT": "The customer is not subscribed to the campaign's topic.",
        "FREQUENCY_CAP": "The customer was written to too often lately.",
        "CANCELLED": "The campaign was cancelled before it was sent.",
        "ERASED": "The customer was erased.",
        "EXPIRED": "The campaign's `sendBefore` had passed before it was sent.",
        "HOLDOUT": "Left out on purpose, so that the campaign's effect can be counted.",
        "TEMPLATE_ERROR": "The template failed for this customer, or left nothing to send.",
        "VENDOR_REJECTED": "The vendor refused the message.",
        "BOUNCED": "The receiving side refused it.",
        "COMPLAINED": "The recipient called it spam.",
        "NO_RECEIPT": "No receipt came in the configured time; a later one still corrects this.",
        "OUTCOME_UNKNOWN": "The vendor was cut off after it may have sent; not sent again unless asked.",
        "OTHER": "Something else; `reasonText` says what.",
    },
)
describe_enum(
    DeliverySortField,
    "What a campaign's deliveries can be ordered by.",
    {
        "LEDGER": "The order in which they were written down.",
        "UPDATED_AT": "When its state last changed.",
    },
)
describe_enum(
    ReceiptStatus,
    "What a vendor says of a message.",
    {
        "SENT": "Taken, not yet delivered.",
        "DELIVERED": "Arrived.",
        "FAILED": "Did not arrive.",
    },
)
