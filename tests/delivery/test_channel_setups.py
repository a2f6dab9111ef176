"""Set-ups of channels: what people see of each vendor, and how often it is asked."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from crm_graphql.core.actor import Role
from crm_graphql.core.channels import Channel
from crm_graphql.delivery.pace import vendor_pace
from crm_graphql.delivery.vendors import setups
from crm_graphql.delivery.vendors.carrier import Carrier
from crm_graphql.delivery.vendors.setups import DeliveryGuarantee, VendorChecks, setups_of
from tests.cli.running import crm
from tests.delivery.stand_in import StandInVendor
from tests.gql.conftest import Api
from tests.gql.conftest import api as api

READ = "{ channels { channel vendor sender guarantee messagesPerSecond problem } }"
NOWHERE = "http://127.0.0.1:9"


class Asked(StandInVendor):
    """Counts how often it is asked, and answers as told."""

    def __init__(self, answer: str | None = None, *, name: str = "asked", can_look_up: bool = False) -> None:
        super().__init__(can_look_up=can_look_up)
        self.name = name
        self.answer = answer
        self.checks = 0
        self.seconds = 0.0
        self.raises: Exception | None = None

    async def check(self) -> str | None:
        """Whether it would take messages."""
        self.checks += 1
        await asyncio.sleep(self.seconds)
        if self.raises is not None:
            raise self.raises
        return self.answer


async def test_each_channel_tells_its_vendor_and_what_a_crash_means() -> None:
    exact, other = Asked(can_look_up=True), Asked("Set CRM_X.", name="other")
    carriers = {
        Channel.EMAIL: Carrier(
            other, pace=vendor_pace("other", 5.0), sender="news@example.com", sender_name="Shop"
        ),
        Channel.SMS: Carrier(exact),
        Channel.WHATSAPP: Carrier(StandInVendor()),
    }
    email, sms, whatsapp = await setups_of(carriers, VendorChecks())
    assert (email.channel, email.vendor) == (Channel.EMAIL, "other")
    assert (email.sender, email.sender_name) == ("news@example.com", "Shop")
    assert (email.guarantee, email.messages_per_second) == (DeliveryGuarantee.AT_MOST_ONCE, 5.0)
    assert email.problem == "Set CRM_X."
    assert (sms.guarantee, sms.messages_per_second, sms.problem) == (
        DeliveryGuarantee.EXACTLY_ONCE,
        None,
        None,
    )
    assert whatsapp.problem is None


async def test_a_vendor_is_asked_once_a_minute_however_many_look(monkeypatch: pytest.MonkeyPatch) -> None:
    checks, vendor = VendorChecks(), Asked("wrong")
    vendor.seconds = 0.02
    assert set(await asyncio.gather(*(checks.problem(vendor) for _ in range(10)))) == {"wrong"}
    assert await checks.problem(vendor) == "wrong"
    assert vendor.checks == 1
    monkeypatch.setattr(setups, "REMEMBERED_SECONDS", 0.0)
    vendor.answer = None
    assert await checks.problem(vendor) is None
    assert vendor.checks == 2


async def test_a_vendor_that_does_not_answer_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(setups, "CHECK_SECONDS", 0.02)
    vendor = Asked()
    vendor.seconds = 60.0
    assert await VendorChecks().problem(vendor) == "It did not answer within 0.02 s."


async def test_a_fault_of_a_check_is_a_problem_and_tells_no_secret() -> None:
    vendor = Asked()
    vendor.raises = RuntimeError("password=hunter2")
    assert await VendorChecks().problem(vendor) == "It could not be checked; the log says why."


async def test_who_gives_up_waiting_takes_the_answer_from_nobody() -> None:
    checks, vendor = VendorChecks(), Asked("wrong")
    vendor.seconds = 0.05
    impatient = asyncio.create_task(checks.problem(vendor))
    patient = asyncio.create_task(checks.problem(vendor))
    await asyncio.sleep(0.01)
    impatient.cancel()
    assert await patient == "wrong"


async def test_clients_see_the_channels(api: Api) -> None:
    rows = (await api.data(READ))["channels"]
    assert [row["channel"] for row in rows] == [channel.value for channel in Channel]
    assert {row["vendor"] for row in rows} == {"simulator"}
    assert {row["guarantee"] for row in rows} == {"EXACTLY_ONCE"}
    refused = await api.ask(READ, role=Role.INGESTOR)
    assert refused["errors"][0]["extensions"]["code"] == "FORBIDDEN"


async def test_clients_see_who_mail_would_be_from(api: Api) -> None:
    update = """mutation { settingsUpdate(input: { senderName: "Acme", replyTo: "help@acme.example" }) {
      errors { message } } }"""
    assert (await api.data(update))["settingsUpdate"]["errors"] == []
    rows = (await api.data("{ channels { channel senderName replyTo } }"))["channels"]
    named = [(row["senderName"], row["replyTo"]) for row in rows]
    assert named == [("Acme", "help@acme.example"), *[(None, None)] * 2]


def test_the_command_says_what_is_wrong_and_returns_one(tmp_path: Path) -> None:
    done = crm("vendors", "check", cwd=tmp_path, CRM_VENDOR_URL=NOWHERE, CRM_VENDOR_API_KEY="a-secret-key")
    assert done.code == 1
    assert [line.split()[:2] for line in done.out.splitlines()] == [
        [channel.value.lower(), "simulator"] for channel in Channel
    ]
    assert NOWHERE in done.out
    assert "a-secret-key" not in done.out + done.err


def test_the_command_names_a_setting_that_is_missing(tmp_path: Path) -> None:
    done = crm("vendors", "check", cwd=tmp_path, CRM_EMAIL_VENDOR="smtp")
    assert done.code == 2
    assert "CRM_SMTP_HOST" in done.err
