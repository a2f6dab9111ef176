"""Enums of reports as clients see them."""

from __future__ import annotations

from crm_graphql.analytics.metrics import ReportDimension, ReportMetric
from crm_graphql.gql.enums import describe_enum

describe_enum(
    ReportMetric,
    "What a report tells of each row. Customers who were erased are in none of them, nor are their orders.",
    {
        "CUSTOMERS": "Customers: by time those made then, by CHANNEL those whom it may reach.",
        "ORDERS": "Orders that are no refunds.",
        "REVENUE": "What orders are worth, net of refunds.",
        "AVERAGE_ORDER": "REVENUE divided by ORDERS, to four places.",
        "DELIVERIES": "Messages that were handed to a vendor, or failed on the way; at the time of their "
        "campaign's launch.",
        "DELIVERY_RATE": "Of DELIVERIES the part that arrived: 0 to 1, to four places.",
    },
)
describe_enum(
    ReportDimension,
    "What the rows of a report are.",
    {
        "DAY": "Days in the time zone.",
        "WEEK": "Weeks of ISO 8601, which begin on Monday.",
        "MONTH": "Calendar months.",
        "COUNTRY": "Customers' countries.",
        "CITY": "Customers' cities.",
        "TAG": "Customers' tags; who has several counts in each.",
        "CHANNEL": "Channels of messages.",
        "CAMPAIGN": "Campaigns that were launched.",
    },
)
