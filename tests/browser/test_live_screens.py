"""A campaign's live page and reports in a real browser: what a person looks for, changes and is refused."""

from __future__ import annotations

import asyncio
import csv
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from crm_graphql.core.actor import Role
from crm_graphql.local.mongod import Mongod
from tests.browser.screens import EXTREMES, elsewhere, open_signed_in, opened, shuts_nobody_out
from tests.flows.campaigns import AUDIENCE, CREATE, INGEST, INGESTION, LAUNCH, watch_until_completed
from tests.servers.deployment import Deployment, eventually
from tests.servers.sent_campaign import EVERYBODY

pytestmark = [pytest.mark.timeout(240), pytest.mark.xdist_group("browser")]

PEOPLE = 60
ORDERS = """mutation ($records: [OrderRecordInput!]!) { ordersIngest(input: {records: $records}) {
  ingestion { id rejected } errors { message } } }"""
SAVE_REPORT = """mutation ($input: ReportSaveInput!) { reportSave(input: $input) {
  savedReport { id } errors { message } } }"""


@dataclass
class Shop:
    """A deployment with people, orders, and a campaign that has come to its end."""

    deployment: Deployment
    audience: str
    sent: str

    async def campaign(self, **options: Any) -> str:
        """A campaign to everybody; its id."""
        text = {"subject": "News", "body": "Hi {{ customer.name }}"}
        wanted = {"name": "News", "audienceId": self.audience, "channel": "EMAIL", "message": text, **options}
        made = await self.deployment.mutate(CREATE, {"input": wanted})
        key = str(made["campaign"]["id"])
        await self.deployment.mutate(LAUNCH, {"id": key})
        return key


@pytest.fixture(scope="module")
async def shop(tmp_path_factory: pytest.TempPathFactory, mongod: Mongod) -> AsyncIterator[Shop]:
    """Sixty people of three countries with orders of two months; a campaign of two variants with a holdout,
    every fourth message of which was refused."""
    folder = tmp_path_factory.mktemp("live")
    simulated = {"receipt_delay_ms": 20, "failed_share": 0.25, "seed": 1}
    deployment = Deployment(folder, mongod, None, simulator_options=simulated, settings={"development": True})
    try:
        await deployment.start()
        await ingest(deployment, INGEST, [person(number) for number in range(PEOPLE)])
        await ingest(deployment, ORDERS, [order(number) for number in range(2 * PEOPLE)])
        made = await deployment.mutate(AUDIENCE, {"name": "Everybody", "rule": EVERYBODY})
        found = Shop(deployment, made["audience"]["id"], "")
        texts = [{"subject": subject, "body": "Hi"} for subject in ("Short", "A longer subject")]
        variants = [
            {"key": key, "weight": 1, "message": text}
            for key, text in zip(("short", "long"), texts, strict=True)
        ]
        found.sent = await found.campaign(name="Spring", message=None, variants=variants, holdout=0.3)
        await asyncio.wait_for(watch_until_completed(deployment, found.sent), 60)
        yield found
    finally:
        await deployment.close()


def person(number: int) -> dict[str, Any]:
    """A customer."""
    return {
        "externalId": f"p-{number}",
        "name": f"Person {number}",
        "email": f"person.{number}@example.com",
        "country": ("NO", "IN", "DE")[number % 3],
        "visitCount": 1,
    }


def order(number: int) -> dict[str, Any]:
    """An order of this month or the last."""
    return {
        "externalId": f"o-{number}",
        "customerExternalId": f"p-{number % PEOPLE}",
        "amount": "12.50",
        "orderedAt": (datetime.now(UTC) - timedelta(days=number % 40)).isoformat(),
    }


async def ingest(deployment: Deployment, document: str, records: list[dict[str, Any]]) -> None:
    """Send records; return when they are applied."""
    key = (await deployment.mutate(document, {"records": records}))["ingestion"]["id"]

    async def applied() -> bool:
        return bool((await deployment.graphql(INGESTION, {"id": key}))["ingestion"]["status"] == "COMPLETED")

    await eventually(applied, within_seconds=60, what="the ingestion's end")


def table(page: Page) -> Any:
    """The deliveries."""
    return page.get_by_role("table", name="Deliveries")


async def test_a_sent_campaign_tells_its_results_with_variants_holdout_and_failures(
    shop: Shop, chromium: Browser
) -> None:
    seen = await opened(chromium)
    page = await open_signed_in(seen, shop.deployment, f"/campaigns/{shop.sent}")
    for key in ("short", "long"):
        await expect(page.get_by_role("columnheader", name=key)).to_be_visible()
    await expect(page.get_by_text("were held out (30% of the audience)")).to_be_visible()
    await expect(page.get_by_role("heading", name="What the campaign itself brought")).to_be_visible()
    told = page.get_by_text("the two groups can be compared").or_(page.get_by_text("Do not trust this"))
    await expect(told).to_be_visible()
    await expect(page.get_by_text("Updated ")).to_be_visible()
    refused = page.get_by_role("button", name="Bounced").or_(
        page.get_by_role("button", name="Refused by the vendor")
    )
    await refused.first.click()
    await expect(table(page).get_by_text("Delivered")).to_have_count(0)
    await expect(table(page).get_by_text("Failed").first).to_be_visible()
    assert seen.errors == []
    assert elsewhere(seen, shop.deployment) == []
    await page.context.close()


async def test_deliveries_are_narrowed_in_the_address_and_looked_at_by_keyboard(
    shop: Shop, chromium: Browser
) -> None:
    seen = await opened(chromium)
    page = await open_signed_in(seen, shop.deployment, f"/campaigns/{shop.sent}?variant=short")
    await expect(page.get_by_label("Variant", exact=True).first).to_have_value("short")
    await page.get_by_label("State", exact=True).first.click()
    await page.get_by_role("option", name="Failed").click()
    await expect(page).to_have_url(f"{shop.deployment.url}/campaigns/{shop.sent}?status=FAILED&variant=short")
    await expect(table(page).get_by_text("Delivered")).to_have_count(0)
    row = table(page).get_by_role("button").first
    name = await row.inner_text()
    await row.focus()
    await page.keyboard.press("Enter")
    drawer = page.get_by_role("dialog", name="Delivery")
    await expect(drawer.get_by_text(f"{name.lower().replace(' ', '.')}@example.com")).to_be_visible()
    await expect(drawer.get_by_text("short", exact=True)).to_be_visible()
    await expect(drawer.get_by_role("listitem").filter(has_text="Failed")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(drawer).to_have_count(0)
    await expect(row).to_be_focused()
    assert not any("example.com" in address for address in seen.addresses)
    await page.context.close()


async def test_a_campaign_is_paused_resumed_cancelled_and_duplicated(shop: Shop, chromium: Browser) -> None:
    slow = await shop.campaign(ratePerSecond=1)
    seen = await opened(chromium)
    page = await open_signed_in(seen, shop.deployment, f"/campaigns/{slow}")
    await page.get_by_role("button", name="Pause", exact=True).click()
    await expect(page.get_by_text("Paused", exact=True).first).to_be_visible()
    await page.get_by_role("button", name="Resume", exact=True).click()
    await expect(page.get_by_text("Being sent", exact=True).first).to_be_visible()
    await page.get_by_role("button", name="Pause updates").click()
    await expect(page.get_by_text("Updates are paused")).to_be_visible()
    await page.get_by_role("button", name="Go on with updates").click()
    await page.get_by_role("button", name="Cancel", exact=True).click()
    await page.get_by_role("dialog").get_by_role("button", name="Cancel", exact=True).click()
    await expect(page.get_by_text("Cancelled", exact=True).first).to_be_visible()
    await page.get_by_role("button", name="Duplicate").click()
    await expect(page.get_by_text("Draft", exact=True)).to_be_visible()
    await expect(page.get_by_role("link", name="Edit")).to_be_visible()
    assert seen.errors == []
    await page.context.close()


async def test_what_failed_is_sent_again_after_a_question(shop: Shop, chromium: Browser) -> None:
    campaign = await shop.campaign()
    await asyncio.wait_for(watch_until_completed(shop.deployment, campaign), 60)
    seen = await opened(chromium)
    page = await open_signed_in(seen, shop.deployment, f"/campaigns/{campaign}")
    await page.get_by_role("button", name="Send the failed again").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_role("button", name="Send the failed again").click()
    answered = page.get_by_text("Being sent", exact=True).or_(page.get_by_role("alert"))
    await expect(answered.or_(page.get_by_text("Completed", exact=True)).first).to_be_visible()
    await page.context.close()


async def test_a_report_is_drawn_told_compared_and_taken_away(
    shop: Shop, chromium: Browser, tmp_path: Path
) -> None:
    seen = await opened(chromium)
    page = await open_signed_in(seen, shop.deployment, "/reports")
    await expect(page.get_by_role("img", name="Revenue by Month")).to_be_visible()
    figures = page.get_by_role("table", name="Revenue by Month")
    await expect(figures.get_by_role("row")).to_have_count(13)
    await expect(page.get_by_text("1,500.00").first).to_be_visible()
    await page.get_by_label("By", exact=True).first.click()
    await page.get_by_role("option", name="Country").click()
    await expect(page).to_have_url(f"{shop.deployment.url}/reports?by=COUNTRY")
    await expect(page.get_by_role("rowheader", name="Norway")).to_be_visible()
    await page.get_by_label("Compare with the period before").check()
    await expect(page.get_by_role("columnheader", name="Revenue, period before")).to_be_visible()
    async with page.expect_download() as downloading:
        await page.get_by_role("button", name="Download as CSV").click()
    file = tmp_path / "report.csv"
    await (await downloading.value).save_as(file)
    rows = list(csv.reader(file.read_text().splitlines()))
    assert rows[0] == ["Country", "Revenue", "Orders", "Average order"]
    assert [float(row[2]) for row in rows[1:]] == [40, 40, 40]
    await page.get_by_role("button", name="Export the orders of this period").click()
    await expect(page.get_by_text("The file is being made.")).to_be_visible()
    assert seen.errors == []
    assert elsewhere(seen, shop.deployment) == []
    await page.context.close()


async def test_a_report_is_saved_opened_by_its_address_replaced_renamed_and_deleted(
    shop: Shop, chromium: Browser
) -> None:
    seen = await opened(chromium)
    page = await open_signed_in(seen, shop.deployment, "/reports?by=COUNTRY")
    saved = page.get_by_role("button", name="Saved reports")
    await saved.press("Enter")
    await expect(page.get_by_text("None yet. Choose figures and rows")).to_be_visible()
    await page.get_by_role("menuitem", name="Save this report").click()
    dialog = page.get_by_role("dialog", name="Save this report")
    await dialog.get_by_label("Name").fill(" ")
    await dialog.get_by_role("button", name="Save").click()
    await expect(dialog.get_by_text("A report needs a name.")).to_be_visible()
    await dialog.get_by_label("Name").fill("Where we earn")
    await dialog.get_by_label("Name").press("Enter")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Where we earn")
    address = page.url
    assert re.fullmatch(rf"{shop.deployment.url}/reports\?saved=[^&]+", address)

    await page.goto(f"{shop.deployment.url}/reports")
    await saved.click()
    await page.get_by_role("menuitem", name="Where we earn").click()
    await expect(page).to_have_url(address)
    await expect(page.get_by_role("table", name="Revenue by Country")).to_be_visible()
    await page.get_by_text("Customers", exact=True).last.click()
    await expect(page.get_by_role("table", name="Customers by Country")).to_be_visible()
    await saved.click()
    await page.get_by_role("menuitem", name="Replace “Where we earn”").click()
    await expect(page.get_by_text("“Where we earn” is saved.")).to_be_visible()
    await expect(page).to_have_url(address)
    await expect(page.get_by_role("table", name="Customers by Country")).to_be_visible()
    await saved.click()
    await page.get_by_role("menuitem", name="Rename").click()
    dialog = page.get_by_role("dialog", name="Rename")
    await dialog.get_by_label("Name").fill("Where they live")
    await dialog.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Where they live")
    kept = await shop.deployment.graphql("{ savedReports { name metrics by } }")
    assert kept["savedReports"] == [{"name": "Where they live", "metrics": ["CUSTOMERS"], "by": "COUNTRY"}]

    await saved.click()
    await expect(page.get_by_role("menuitem", name="Delete")).to_be_visible()
    await shuts_nobody_out(page)
    await page.get_by_role("menuitem", name="Delete").click()
    await page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    await expect(page.get_by_text("“Where they live” is deleted.")).to_be_visible()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Reports")
    await page.goto(address)
    await expect(page.get_by_text("There is no such report")).to_be_visible()
    assert not any("earn" in one for one in seen.addresses)
    assert (seen.errors, elsewhere(seen, shop.deployment)) == ([], [])
    await page.context.close()


async def test_a_saved_report_says_whose_figures_it_holds_and_a_viewer_may_only_open_it(
    shop: Shop, chromium: Browser
) -> None:
    rule = {"where": {"field": "country", "operator": "EQ", "value": "NO"}}
    kept = {"name": "Of Norway", "metrics": ["ORDERS", "CUSTOMERS"], "by": "MONTH", "rule": rule}
    await shop.deployment.mutate(SAVE_REPORT, {"input": kept})
    seen = await opened(chromium)
    await seen.page.goto(f"{shop.deployment.url}/reports#token={shop.deployment.mint(Role.VIEWER)}")
    await seen.page.get_by_role("button", name="Saved reports").click()
    await expect(seen.page.get_by_role("menuitem", name="Save this report")).to_have_count(0)
    await seen.page.get_by_role("menuitem", name="Of Norway").click()
    await expect(seen.page.get_by_text('Only of these customers: country is "NO"')).to_be_visible()
    figures = seen.page.get_by_role("table", name="Orders by Month")
    await expect(figures.get_by_role("row")).to_have_count(13)
    await expect(figures.get_by_role("columnheader", name="Customers")).to_be_visible()
    await expect(seen.page.get_by_text("In all").first).to_be_visible()
    await expect(seen.page.get_by_text("40", exact=True).first).to_be_visible()
    await seen.page.context.close()


async def test_a_report_of_nothing_says_the_next_step_and_who_may_not_read_it_is_told(
    shop: Shop, chromium: Browser
) -> None:
    seen = await opened(chromium)
    page = await open_signed_in(seen, shop.deployment, "/reports?period=own&from=2001-01-01&until=2001-02-01")
    await expect(page.get_by_text("There is nothing in this period.")).to_be_visible()
    await expect(page.get_by_role("link", name="Import a file")).to_be_visible()
    await page.context.close()
    seen = await opened(chromium)
    await seen.page.goto(f"{shop.deployment.url}/reports#token={shop.deployment.mint(Role.INGESTOR)}")
    await expect(seen.page.get_by_text("Your role does not allow this.")).to_be_visible()
    await seen.page.context.close()


@pytest.mark.parametrize(("width", "scheme"), EXTREMES)
async def test_a_comparison_and_a_delivery_shut_nobody_out(
    shop: Shop, chromium: Browser, width: int, scheme: str
) -> None:
    seen = await opened(chromium, width, scheme)
    own_period = "/reports?topic=deliveries&by=CAMPAIGN&period=own&compare=true"
    page = await open_signed_in(seen, shop.deployment, own_period)
    await shuts_nobody_out(page)
    await page.goto(f"{shop.deployment.url}/campaigns/{shop.sent}?status=FAILED")
    await table(page).get_by_role("button").first.click()
    await expect(page.get_by_role("dialog").get_by_role("listitem").first).to_be_visible()
    await shuts_nobody_out(page)
    await page.context.close()
