"""Pieces of ranges: what a sender takes of one that is too long for it, the rest being free for others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bson import ObjectId
from pymongo.asynchronous.client_session import AsyncClientSession

from crm_graphql.delivery.documents import SendRange
from crm_graphql.delivery.ranges import Claim, claim_range, ours
from crm_graphql.mongo.leases import LeaseLost
from crm_graphql.mongo.transactions import Transact


async def claim_piece(
    campaign_id: ObjectId, at_most: int, *, lease_seconds: float, transact: Transact
) -> Claim | None:
    """Claim so many messages at most. A longer range is cut into such pieces, all but one of them free as
    never claimed: in the transaction that claims it, since a vendor may have had all that was claimed when
    its claimer is gone."""
    claim = await claim_range(campaign_id, lease_seconds=lease_seconds, at_most=at_most)
    if claim is not None:
        return claim

    async def work(session: AsyncClientSession) -> Claim | None:
        claim = await claim_range(campaign_id, lease_seconds=lease_seconds, session=session)
        return claim and await _cut(claim, at_most, session)

    return await transact(work)


async def split_range(claim: Claim, number: int, *, transact: Transact) -> Claim:
    """Keep of the range what is below `number`, and give the rest back as a range of its own: free at once,
    and nothing of it was sent under this claim. What is kept. Raises LeaseLost when it is no longer ours."""
    return await transact(lambda session: _split(claim, number, session))


async def _split(claim: Claim, number: int, session: AsyncClientSession) -> Claim:
    numbers = _numbers_of(claim)
    parts = [one for one in numbers if one < number], [one for one in numbers if one >= number]
    return await _keep_first(claim, parts, session)


async def _cut(claim: Claim, at_most: int, session: AsyncClientSession) -> Claim:
    numbers = _numbers_of(claim)
    parts = [numbers[start : start + at_most] for start in range(0, len(numbers), at_most)]
    return await _keep_first(claim, parts, session)


def _numbers_of(claim: Claim) -> Sequence[int]:
    return claim.numbers or range(claim.first, claim.last + 1)


async def _keep_first(claim: Claim, parts: Sequence[Sequence[int]], session: AsyncClientSession) -> Claim:
    """Keep the first part of a claim, and make of each other one a range of its own, free at once, as it was
    before the claim."""
    mine, *others = parts
    if not others:
        return claim
    ranges = SendRange.get_pymongo_collection()
    kept = claim.numbers and list(mine)
    last = others[0][0] - 1
    whole = await ranges.find_one_and_update(
        ours(claim), {"$set": {"last": last, "numbers": kept}}, session=session
    )
    if whole is None:
        raise LeaseLost
    claims = whole["claims"] - 1
    since = whole["first_claimed_at"] if claims else None
    free = {"claims": claims, "first_claimed_at": since, "token": None, "lease_until": None}
    left = {name: value for name, value in whole.items() if name not in ("_id", "claimed_at")}
    await ranges.insert_many(
        [
            {
                **left,
                **free,
                "first": part[0],
                "last": part[-1] if following is None else following[0] - 1,
                "numbers": claim.numbers and list(part),
            }
            for part, following in zip(others, [*others[1:], None], strict=True)
        ],
        session=session,
    )
    return replace(claim, last=last, numbers=kept)
