"""Messages of a range that was claimed before, and that are not to be sent again: each ends as what became of
it."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from crm_graphql.delivery.calls import Calls, without_outcome
from crm_graphql.delivery.documents import DeliveryReason
from crm_graphql.delivery.doubt import STRIKES
from crm_graphql.delivery.messages import Receipt
from crm_graphql.delivery.news import News
from crm_graphql.delivery.ranges import Claim
from crm_graphql.delivery.refusing import RefusedRow
from crm_graphql.delivery.vendors.port import OutgoingMessage


async def end_refused(refused: Sequence[RefusedRow], claim: Claim, calls: Calls, news: News) -> None:
    """End the messages that must not be sent any more: none is sent, and what the vendor may have had before,
    under an earlier claim, is told as what became of it."""
    keys = [one.key for one in refused]
    known: Collection[str] = ()
    if claim.is_repeat and keys:
        known = await calls.look_up(keys) if calls.vendor.can_look_up else keys
        if not calls.vendor.can_look_up:
            await calls.forward([news.unknown(key) for key in keys])
    skipped = [one for one in refused if one.key not in known]
    await calls.forward([news.skipped(one.key, one.reason, one.text) for one in skipped])


async def end_hopeless(
    messages: Sequence[OutgoingMessage], claim: Claim, calls: Calls, news: News
) -> Sequence[OutgoingMessage]:
    """End the messages that had no clear answer too often; the others."""
    hopeless = [message for message in messages if claim.strikes.get(message.key, 0) >= STRIKES]
    if not hopeless:
        return messages
    can_look_up = calls.vendor.can_look_up
    known = await calls.look_up([message.key for message in hopeless]) if can_look_up else {}
    unclear = without_outcome(known.values())
    ended: list[Receipt] = []
    for message in hopeless:
        if message.key in unclear or not can_look_up:
            ended.append(news.unknown(message.key))
        elif message.key not in known:
            text = "The vendor never answered clearly, and does not know it."
            ended.append(news.failed(message.key, DeliveryReason.VENDOR_REJECTED, text))
    await calls.forward(ended)
    gone = {message.key for message in hopeless}
    return [message for message in messages if message.key not in gone]
