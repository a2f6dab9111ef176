"""Columns of customers: which stored fields each field of the GraphQL type is made of."""

from __future__ import annotations

from crm_graphql.customers.merged import FORMER_FIELD
from crm_graphql.gql.selection import Columns

CUSTOMER_COLUMNS = Columns(
    "Customer",
    {
        "externalId": ("external_id",),
        "name": ("name",),
        "email": ("email",),
        "phone": ("phone",),
        "city": ("city",),
        "country": ("country",),
        "timeZone": ("time_zone",),
        "isTracked": ("is_tracked",),
        "tags": ("tags",),
        "signedUpAt": ("signed_up_at",),
        "totalSpend": ("total_spend",),
        "visitCount": ("visit_count",),
        "firstVisitAt": ("first_visit_at",),
        "lastVisitAt": ("last_visit_at",),
        "revision": ("revision",),
        "customFields": ("custom_fields",),
        "metadata": ("metadata",),
        "createdAt": ("created_at",),
        "updatedAt": ("updated_at",),
        "sourceIds": ("source_ids",),
        "formerExternalIds": ("former",),
        "orders": (FORMER_FIELD,),
        "deliveries": (FORMER_FIELD,),
        "consentHistory": (FORMER_FIELD,),
        "timeline": (FORMER_FIELD,),
        "media": (FORMER_FIELD,),
        "groups": ("groups",),
        "consents": ("consents",),
        "suppressions": ("email", "phone", "suppressed"),
    },
)
