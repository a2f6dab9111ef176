"""Labels of a report's rows: names of countries, texts as somebody writes them, names of campaigns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pycountry

from crm_graphql.analytics.metrics import PLACES, ReportDimension
from crm_graphql.analytics.pipelines import NO_KEY
from crm_graphql.campaigns.queries import campaigns_by_ids
from crm_graphql.core.channels import Channel
from crm_graphql.core.ids import encode_id
from crm_graphql.customers.documents import Customer

NOT_SET = "Not set"
GONE = "A campaign that is gone"
CHANNELS = {Channel.EMAIL.value: "Email", Channel.SMS.value: "SMS", Channel.WHATSAPP.value: "WhatsApp"}


def country_name(folded: str) -> str | None:
    """The name of the country whose code this is, in whatever case; None for another text."""
    country = pycountry.countries.get(alpha_2=folded.upper()) if len(folded) == 2 else None
    return None if country is None else getattr(country, "common_name", country.name)


async def labels_of(by: ReportDimension, keys: Sequence[Any]) -> Mapping[Any, tuple[str, str]]:
    """For each key of a group its text in the answer, and its label for people."""
    if by is ReportDimension.CAMPAIGN:
        rows = await campaigns_by_ids(keys)
        return {key: (encode_id("Campaign", key), rows[key]["name"] if key in rows else GONE) for key in keys}
    if by is ReportDimension.CHANNEL:
        return {key: (key, CHANNELS.get(key, key)) for key in keys}
    return await _of_places(PLACES[by], keys)


async def _of_places(field: str, keys: Sequence[str]) -> Mapping[Any, tuple[str, str]]:
    found = {NO_KEY: (NO_KEY, NOT_SET)}
    if field == "country":
        names = {key: country_name(key) for key in keys}
        found |= {key: (key.upper(), name) for key, name in names.items() if name is not None}
    unknown = [key for key in keys if key not in found]
    written = await as_written(field, unknown)
    return found | {key: (key, written.get(key, key)) for key in unknown}


async def as_written(field: str, folded: Sequence[str]) -> Mapping[str, str]:
    """The texts of customers' field in the case in which one of them has it. One command for all; of each it
    reads one customer, by the index on texts."""
    if not folded:
        return {}
    customers = Customer.get_pymongo_collection()
    cursor = await customers.database.aggregate(
        [
            {"$documents": [{"text": text} for text in folded]},
            {
                "$lookup": {
                    "from": customers.name,
                    "localField": "text",
                    "foreignField": f"folded.{field}",
                    "pipeline": [{"$limit": 1}, {"$project": {"_id": 0, field: 1}}],
                    "as": "customers",
                }
            },
        ]
    )
    return {
        row["text"]: _written(row["customers"][0][field], row["text"])
        async for row in cursor
        if row["customers"]
    }


def _written(value: str | Sequence[str], folded: str) -> str:
    texts = [value] if isinstance(value, str) else value
    return next((text for text in texts if text.casefold() == folded), folded)
