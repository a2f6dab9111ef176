"""Set-ups of channels: who carries each, what they can promise, and what keeps them from it now."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from structlog import get_logger

from crm_graphql.core.channels import Channel
from crm_graphql.delivery.vendors.carrier import Carriers
from crm_graphql.delivery.vendors.port import Checkable, Vendor

REMEMBERED_SECONDS = 60.0
"""A vendor is not asked more often, however many people look."""
CHECK_SECONDS = 10.0
"""A vendor that has not answered by then is told as one that does not."""

_log = get_logger(__name__)


class DeliveryGuarantee(Enum):
    """What a crash in the middle of a call means for a message."""

    EXACTLY_ONCE = "EXACTLY_ONCE"
    AT_MOST_ONCE = "AT_MOST_ONCE"


@dataclass(frozen=True, slots=True)
class ChannelSetup:
    """How a channel is set up. `problem` is a sentence that says what to mend; None while all is well."""

    channel: Channel
    vendor: str
    sender: str | None
    sender_name: str | None
    guarantee: DeliveryGuarantee
    messages_per_second: float | None
    problem: str | None


class VendorChecks:
    """What vendors said when they were last asked, for a minute; one question at a time to each."""

    def __init__(self) -> None:
        self._asked: dict[str, tuple[float, asyncio.Task[str | None]]] = {}

    async def problem(self, vendor: Vendor) -> str | None:
        """What keeps the vendor from taking messages; within ten seconds, and never raises for it."""
        if not isinstance(vendor, Checkable):
            return None
        asked_at, task = self._asked.get(vendor.name, (float("-inf"), None))
        now = time.monotonic()
        if task is None or now - asked_at >= REMEMBERED_SECONDS or task.cancelled():
            task = asyncio.create_task(_ask(vendor), name=f"check of {vendor.name}")
            self._asked[vendor.name] = now, task
        # Whoever gives up waiting must not take the answer from the others.
        return await asyncio.shield(task)


async def setups_of(carriers: Carriers, checks: VendorChecks) -> Sequence[ChannelSetup]:
    """That of each channel, in their order; the vendors are asked at the same time."""
    problems = await asyncio.gather(*(checks.problem(carriers[channel].vendor) for channel in Channel))
    return [
        ChannelSetup(
            channel,
            carriers[channel].vendor.name,
            carriers[channel].sender,
            carriers[channel].sender_name,
            DeliveryGuarantee.EXACTLY_ONCE if carriers[channel].is_exact else DeliveryGuarantee.AT_MOST_ONCE,
            pace.per_second if (pace := carriers[channel].pace) else None,
            problem,
        )
        for channel, problem in zip(Channel, problems, strict=True)
    ]


async def _ask(vendor: Checkable) -> str | None:
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            return await vendor.check()
    except TimeoutError:
        return f"It did not answer within {CHECK_SECONDS:g} s."
    except Exception:
        _log.exception("a vendor could not be checked")
        return "It could not be checked; the log says why."
