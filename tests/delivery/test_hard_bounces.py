"""An address that the receiving side refuses for good at the hand-over is not written to again."""

from __future__ import annotations

from crm_graphql.consents.addresses import suppressed_on
from crm_graphql.consents.documents import Suppression, SuppressionReason
from crm_graphql.core.channels import Channel
from crm_graphql.delivery.documents import DeliveryReason
from crm_graphql.delivery.vendors.port import Fault, Outcome, OutcomeStatus, OutgoingMessage
from crm_graphql.resources import Resources
from crm_graphql.results.queries import results_of, summed
from tests.delivery.factories import assert_exact, launch, make_customers
from tests.delivery.ledgers import ledger
from tests.delivery.running import running, until_status
from tests.delivery.stand_in import StandInVendor

GONE, ODD = "c0@example.com", "c1@example.com"


def refuse(message: OutgoingMessage) -> Outcome | None:
    """Nobody at the first address; the second refused for a reason that says nothing of the person."""
    if message.address not in (GONE, ODD):
        return None
    reason = DeliveryReason.BOUNCED if message.address == GONE else None
    return Outcome(message.key, OutcomeStatus.REJECTED, reason=reason, reason_text="550", fault=Fault.PERSON)


async def test_who_does_not_exist_is_suppressed_and_counted_as_a_bounce(resources: Resources) -> None:
    await make_customers(5)
    vendor = StandInVendor(sends_receipts=False)
    vendor.refuse = refuse
    async with running(resources, vendor):
        key = await launch(resources)
        await until_status(key, "COMPLETED")
    await assert_exact(key)
    reasons = {row["address"]: row["reason"] for row in await ledger(key) if row["reason"]}
    assert reasons == {GONE: "BOUNCED", ODD: "VENDOR_REJECTED"}
    assert await suppressed_on({GONE, ODD}) == {GONE: frozenset({Channel.EMAIL})}
    (suppression,) = await Suppression.get_pymongo_collection().find().to_list()
    assert suppression["reason"] == SuppressionReason.BOUNCED.value
    assert summed((await results_of([key]))[key])["bounces"] == 1
