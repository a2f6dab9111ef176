"""Budget of tokens: reserved before a model is asked, settled when it has answered, over all processes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from crm_graphql.assistant.documents import TokenDay
from crm_graphql.core.settings import Settings

KEPT_DAYS = 40
KEPT_DAYS_OF_ALL = 2_000
"""What all used in a day is told by `usage`."""


@dataclass(frozen=True, slots=True)
class Reservation:
    """Tokens that are set aside for one question, in the days (by id) of its caller and of all."""

    days: tuple[str, ...]
    tokens: int

    async def settle(self, used: int) -> None:
        """Replace what was reserved by what was used, which may be more. Call it at most once."""
        if used != self.tokens:
            await TokenDay.get_pymongo_collection().update_many(
                {"_id": {"$in": list(self.days)}}, {"$inc": {"tokens": used - self.tokens}}
            )


async def reserve(caller: str, tokens: int, *, now: datetime, settings: Settings) -> Reservation | None:
    """Set `tokens` aside for the caller; None, with nothing set aside, where the caller's day or everybody's
    has no room for them.

    Each day is one guarded update: of any number of questions at once no more are let in than fit.
    """
    day = f"{now:%Y-%m-%d}"
    limits: list[tuple[str, str | None, int]] = [
        (f"{day}:{caller}", caller, settings.openai_caller_tokens_per_day),
        (day, None, settings.openai_tokens_per_day),
    ]
    taken: list[str] = []
    for key, whose, limit in limits:
        if not await _take(key, day, whose, tokens, limit, now):
            await Reservation(tuple(taken), tokens).settle(0)
            return None
        taken.append(key)
    return Reservation(tuple(taken), tokens)


async def _take(key: str, day: str, caller: str | None, tokens: int, limit: int, now: datetime) -> bool:
    days = TokenDay.get_pymongo_collection()
    guarded = {"_id": key, "tokens": {"$lte": limit - tokens}}
    taking = {"$inc": {"tokens": tokens, "questions": 1}}
    if (await days.update_one(guarded, taking)).matched_count:
        return True
    begun = {
        "day": day,
        "caller": caller,
        "tokens": 0,
        "questions": 0,
        "expires_at": now + timedelta(days=KEPT_DAYS if caller else KEPT_DAYS_OF_ALL),
    }
    # Two may begin the day at once: the one that came second finds it there.
    await days.update_one({"_id": key}, {"$setOnInsert": begun}, upsert=True)
    return bool((await days.update_one(guarded, taking)).matched_count)
