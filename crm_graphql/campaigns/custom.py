"""Custom fields in messages and launched campaigns: which are named, and as what they are frozen."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from crm_graphql.campaigns.documents import MessageTemplate
from crm_graphql.campaigns.message_texts import Texts
from crm_graphql.core.paging import Row
from crm_graphql.custom_fields.definitions import NO_FIELDS, Definition, Definitions
from crm_graphql.custom_fields.queries import definitions, list_fields

_MENTION = re.compile(r"custom(?!er)")
_NAME = re.compile(r"""custom(?:["']\s*\])?\s*(?:\.\s*|\[\s*["'])([a-z][a-z0-9_]*)""", re.ASCII)


async def fields_for(message: MessageTemplate | None) -> Definitions:
    """The custom fields that a message may name; nothing is read for one that can name none."""
    texts = () if message is None else Texts.of(message.model_dump()).all
    return await definitions() if any(map(_MENTION.search, texts)) else NO_FIELDS


def keys_in(message: Mapping[str, Any] | None) -> frozenset[str]:
    """The keys that a stored message may name: rather one too many than one too few."""
    texts = Texts.of(message).all if message else ()
    return frozenset(key for text in texts for key in _NAME.findall(text))


async def rows_of(keys: Collection[str]) -> list[Row]:
    """The definitions of the keys that are there, as a campaign freezes them."""
    return [row for row in await list_fields() if row["key"] in keys] if keys else []


def frozen_fields(campaign: Row) -> Definitions:
    """The custom fields of a launched campaign, as they were at its launch."""
    return Definitions(map(Definition.from_document, campaign.get("custom_fields") or ()))
