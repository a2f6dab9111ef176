"""The contract of receipts: what every vendor with a door for them is held to, early, late, twice, forged and
out of order. A test module has a class for it beside its `VendorContract`, and the same fixture `rig`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Protocol

import httpx
from bson import ObjectId

from crm_graphql.app import create_app
from crm_graphql.delivery.documents import Delivery, DeliveryStatus
from crm_graphql.delivery.messages import ReceiptStatus
from crm_graphql.resources import Resources
from tests.delivery.factories import assert_exact, make_ledger
from tests.delivery.running import running, until_stats
from tests.delivery.stand_in import StandInVendor

_QUIET_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a vendor to its door."""

    path: str
    headers: Mapping[str, str]
    body: bytes


class ReceiptRig(Protocol):
    """What makes a vendor's calls."""

    def receipt(self, key: str, status: ReceiptStatus) -> Call:
        """The vendor says so of the message `key`: a call that is signed as the vendor signs."""

    def forgeries(self, call: Call) -> Sequence[Call]:
        """The same said by somebody else: without a signature, with that of another, for another text, too
        old, as far as the vendor's way of signing lets one see these."""


class ReceiptContract:
    """The tests. What a receipt says is counted once, whenever and however often it comes."""

    async def test_a_receipt_that_comes_late_ends_the_message(
        self, rig: ReceiptRig, resources: Resources
    ) -> None:
        key, ids = await make_ledger(2, status=DeliveryStatus.SENT)
        async with running(resources, StandInVendor()), _doors(resources) as doors:
            await _post(doors, rig.receipt(f"{ids[0]}-1", ReceiptStatus.DELIVERED))
            await _post(doors, rig.receipt(f"{ids[1]}-1", ReceiptStatus.FAILED))
            await until_stats(key, delivered=1, failed=1)

    async def test_a_receipt_that_comes_twice_counts_once(
        self, rig: ReceiptRig, resources: Resources
    ) -> None:
        key, ids = await make_ledger(2, status=DeliveryStatus.SENT)
        call = rig.receipt(f"{ids[0]}-1", ReceiptStatus.DELIVERED)
        async with running(resources, StandInVendor()), _doors(resources) as doors:
            await asyncio.gather(*(_post(doors, call) for _ in range(5)))
            await until_stats(key, delivered=1)
            await _post(doors, call)
            await asyncio.sleep(_QUIET_SECONDS)
            row = await assert_exact(key)
        assert (row["stats"]["delivered"], row["stats"]["sent"]) == (1, 1)

    async def test_a_receipt_that_comes_before_the_answer_is_not_lost(
        self, rig: ReceiptRig, resources: Resources
    ) -> None:
        key, ids = await make_ledger(1, status=DeliveryStatus.QUEUED)
        async with running(resources, StandInVendor()), _doors(resources) as doors:
            await _post(doors, rig.receipt(f"{ids[0]}-1", ReceiptStatus.DELIVERED))
            await until_stats(key, delivered=1, queued=0)

    async def test_receipts_out_of_order_end_as_the_last_word(
        self, rig: ReceiptRig, resources: Resources
    ) -> None:
        key, ids = await make_ledger(1, status=DeliveryStatus.SENT)
        async with running(resources, StandInVendor()), _doors(resources) as doors:
            await _post(doors, rig.receipt(f"{ids[0]}-1", ReceiptStatus.DELIVERED))
            await until_stats(key, delivered=1)
            await _post(doors, rig.receipt(f"{ids[0]}-1", ReceiptStatus.SENT))
            await asyncio.sleep(_QUIET_SECONDS)
            row = await assert_exact(key)
        assert row["stats"]["delivered"] == 1

    async def test_what_is_forged_is_refused_and_changes_nothing(
        self, rig: ReceiptRig, resources: Resources
    ) -> None:
        key, ids = await make_ledger(1, status=DeliveryStatus.SENT)
        good = rig.receipt(f"{ids[0]}-1", ReceiptStatus.DELIVERED)
        forgeries = [*rig.forgeries(good), replace(good, body=good.body + b" ")]
        async with running(resources, StandInVendor()), _doors(resources) as doors:
            for forged in forgeries:
                answer = await _call(doors, forged)
                assert 400 <= answer.status_code < 500, answer.status_code
            await asyncio.sleep(_QUIET_SECONDS)
            row = await assert_exact(key)
            assert (row["stats"]["sent"], row["stats"]["delivered"]) == (1, 0)
            # The guard refuses what is forged, not all.
            await _post(doors, good)
            await until_stats(key, delivered=1)

    async def test_of_a_message_that_nobody_knows_nothing_is_counted(
        self, rig: ReceiptRig, resources: Resources
    ) -> None:
        key, _ = await make_ledger(1, status=DeliveryStatus.SENT)
        async with running(resources, StandInVendor()), _doors(resources) as doors:
            answer = await _call(doors, rig.receipt(f"{ObjectId()}-1", ReceiptStatus.DELIVERED))
            # Kept and tried again, or dropped: never an error that has the vendor try for days.
            assert answer.status_code < 300
            await asyncio.sleep(_QUIET_SECONDS)
            row = await assert_exact(key)
        assert row["stats"]["sent"] == await Delivery.get_pymongo_collection().count_documents({})


@asynccontextmanager
async def _doors(resources: Resources) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(resources.settings, resources=resources)
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://crm.test") as http:
            yield http


async def _post(doors: httpx.AsyncClient, call: Call) -> None:
    answer = await _call(doors, call)
    assert answer.status_code < 300, (answer.status_code, answer.text)


async def _call(doors: httpx.AsyncClient, call: Call) -> httpx.Response:
    return await doors.post(call.path, content=call.body, headers=dict(call.headers))
