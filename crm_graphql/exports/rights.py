"""Rights on exports: whoever makes or gets a file may read what is in it."""

from __future__ import annotations

from collections.abc import Sequence

from crm_graphql.core.actor import Actor, Permission
from crm_graphql.core.paging import Row
from crm_graphql.exports.documents import ExportSubject


def needed(content: ExportSubject, *, is_person: bool, of_campaign: bool) -> Sequence[Permission]:
    """What an actor must be allowed to read."""
    of_ledger = content is ExportSubject.DELIVERIES or is_person or of_campaign
    return (Permission.CUSTOMERS_READ, *((Permission.CAMPAIGNS_READ,) if of_ledger else ()))


def may_have(actor: Actor, export: Row) -> bool:
    """Whether the actor may have the export's file."""
    wanted = needed(
        ExportSubject(export["content"]),
        is_person=export["person"] is not None,
        of_campaign=export["campaign_id"] is not None,
    )
    return all(map(actor.may, (Permission.EXPORTS_READ, *wanted)))
