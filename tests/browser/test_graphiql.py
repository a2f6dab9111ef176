"""GraphiQL in a real browser: loads from this server alone, runs the tour, shows events."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from graphql import build_schema, parse, validate
from playwright.async_api import Browser, Page, expect
from playwright.async_api import Error as PlaywrightError

from tests.browser.conftest import Seen
from tests.servers.deployment import Deployment

pytestmark = [pytest.mark.timeout(240), pytest.mark.xdist_group("browser")]

ROOT = Path(__file__).parents[2]
# Notes what is fetched or connected while the address still has a token.
WATCH_THE_ADDRESS = """
  window.loadedWithToken = [];
  for (const name of ['fetch', 'Worker', 'WebSocket']) {
    const original = window[name];
    window[name] = new Proxy(original, {
      apply: (target, self, given) => (note(name), Reflect.apply(target, window, given)),
      construct: (target, given) => (note(name), Reflect.construct(target, given)),
    });
  }
  function note(name) { if (window.location.hash) window.loadedWithToken.push(name); }
"""
LAUNCH = "mutation ($id: ID!) { campaignLaunch(input: {id: $id}) { errors { message } } }"
IS_THERE = 'query { customer(by: {externalId: "tour-3"}) { totalSpend } }'


async def open_page(deployment: Deployment, seen: Seen, token: str | None = None) -> Page:
    """The explorer with its schema loaded."""
    page = seen.page
    await page.goto(f"{deployment.url}/graphql" + (f"#token={token}" if token else ""))
    await expect(page.locator(".graphiql-query-editor .view-lines")).to_contain_text("five minutes")
    return page


async def run_step(page: Page, operation: str) -> None:
    """Choose an operation of the tour from the play button."""
    await page.get_by_role("button", name="Execute query").click()
    await page.get_by_role("menuitem", name=operation).click()


async def answer_to(page: Page, operation: str) -> dict[str, Any]:
    """Run an operation of the tour; the `data` that came back over HTTP."""
    async with page.expect_response(lambda response: operation in (response.request.post_data or "")) as info:
        await run_step(page, operation)
    body: dict[str, Any] = await (await info.value).json()
    assert "errors" not in body, body
    data: dict[str, Any] = body["data"]
    assert all(payload["errors"] == [] for payload in data.values()), data
    return data


async def set_variables(page: Page, **values: str) -> None:
    """Replace what stands in the Variables editor."""
    await page.locator(".graphiql-editor-tool .view-lines").first.click()
    await page.keyboard.press("Control+A")
    await page.keyboard.insert_text(json.dumps(values))
    # The editor closes quotes and brackets by itself.
    await page.keyboard.press("Control+Shift+End")
    await page.keyboard.press("Delete")


def shown(page: Page) -> Any:
    """The response pane."""
    return expect(page.locator(".graphiql-response .view-lines"))


async def test_the_page_asks_no_other_host_for_anything(deployment: Deployment, seen: Seen) -> None:
    page = await open_page(deployment, seen, deployment.token)
    await page.get_by_role("button", name=re.compile("Show GraphiQL Explorer")).click()
    await expect(page.locator(".docExplorerWrap, .graphiql-explorer-root").first).to_be_visible()
    await page.get_by_role("button", name=re.compile("Show Documentation Explorer")).click()
    await expect(page.locator(".graphiql-doc-explorer")).to_contain_text("Query")
    await page.wait_for_load_state("networkidle")

    hosts = {
        urlsplit(address).netloc for address in seen.addresses if not address.startswith(("data:", "blob:"))
    }
    assert hosts == {urlsplit(deployment.url).netloc}
    assert any("worker" in address for address in seen.addresses), "the editor's workers did not start"
    assert seen.errors == []


async def test_the_tour_runs_and_its_campaign_is_watched_live(deployment: Deployment, seen: Seen) -> None:
    page = await open_page(deployment, seen, deployment.token)
    assert (await answer_to(page, "Step1_Customers"))["customersIngest"]["ingestion"]["received"] == 3
    await shown(page).to_contain_text('"rejected": 0')
    await answer_to(page, "Step2_Orders")
    await page.wait_for_function(
        """async ([query, token]) => {
          const answer = await fetch('/graphql', {
            method: 'POST',
            headers: {'content-type': 'application/json', authorization: `Bearer ${token}`},
            body: JSON.stringify({query}),
          });
          return (await answer.json()).data.customer?.totalSpend === '310.00';
        }""",
        arg=[IS_THERE, deployment.token],
        polling=200,
    )
    audience = (await answer_to(page, "Step3_Audience"))["audienceCreate"]["audience"]
    assert audience["size"] == 2
    await set_variables(page, audienceId=audience["id"], campaignId="")
    campaign = (await answer_to(page, "Step4_Campaign"))["campaignCreate"]["campaign"]["id"]

    await set_variables(page, audienceId=audience["id"], campaignId=campaign)
    await run_step(page, "Step6_Watch")
    await shown(page).to_contain_text('"status": "DRAFT"')
    await deployment.graphql(LAUNCH, {"id": campaign})
    await shown(page).to_contain_text('"status": "COMPLETED"')
    await shown(page).to_contain_text('"total": 2')
    # What is watched goes on until it is stopped.
    await page.get_by_role("button", name="Stop query").click()
    copy = (await answer_to(page, "Step18_Copy"))["campaignDuplicate"]["campaign"]
    assert (copy["name"], copy["status"]) == ("Tour: thank you (copy)", "DRAFT")
    sockets = [address for address in seen.addresses if address.startswith("ws")]
    assert sockets == [deployment.url.replace("http", "ws", 1) + "/graphql"]
    assert seen.errors == []


async def test_a_signed_in_address_signs_in_its_tab_alone_and_loses_the_token_at_once(
    deployment: Deployment, seen: Seen
) -> None:
    page = await open_page(deployment, seen, deployment.token)
    await expect(page.locator(".hint")).to_contain_text("ADMIN until")
    assert page.url == f"{deployment.url}/graphql"
    assert not any(deployment.token in address.partition("#")[0] for address in seen.addresses)
    await page.reload()
    await expect(page.locator(".hint")).to_contain_text("ADMIN until")
    assert deployment.token not in await page.evaluate("JSON.stringify(localStorage)")
    await page.goto(f"{deployment.url}/graphql#token=other")
    await expect(page.get_by_label("Access token")).to_have_value("other")
    assert page.url == f"{deployment.url}/graphql"
    second = await page.context.new_page()
    await second.goto(f"{deployment.url}/graphql")
    await expect(second.locator(".hint")).to_have_text("Every field needs one.")


async def test_a_token_leaves_the_address_before_the_page_fetches_anything(
    deployment: Deployment, seen: Seen
) -> None:
    await seen.page.add_init_script(WATCH_THE_ADDRESS)
    page = await open_page(deployment, seen, deployment.token)
    assert await page.evaluate("window.loadedWithToken") == []


async def test_a_pasted_token_is_used_and_kept_for_the_tab(deployment: Deployment, seen: Seen) -> None:
    page = await open_page(deployment, seen)
    await expect(page.locator(".hint")).to_have_text("Every field needs one.")
    async with page.expect_response(
        lambda response: "authorization" in response.request.headers and response.ok
    ) as info:
        await page.get_by_label("Access token").fill(f"Bearer {deployment.token}")
        await page.get_by_label("Access token").press("Enter")
    assert (await info.value).request.headers["authorization"] == f"Bearer {deployment.token}"
    await expect(page.locator(".hint")).to_contain_text("ADMIN until")

    await page.reload()
    await expect(page.locator(".hint")).to_contain_text("ADMIN until")


async def test_in_production_the_browser_asks_for_a_token_before_it_shows_the_page(
    served: Deployment, chromium: Browser
) -> None:
    stranger = await (await chromium.new_context()).new_page()
    with pytest.raises(PlaywrightError, match="ERR_INVALID_AUTH_CREDENTIALS"):
        await stranger.goto(f"{served.url}/graphql")
    known = await chromium.new_context(http_credentials={"username": "any", "password": served.token})
    page = await known.new_page()
    await page.goto(f"{served.url}/graphql#token={served.token}")
    await expect(page.locator(".graphiql-query-editor .view-lines")).to_contain_text("five minutes")
    # Elsewhere than in development a link signs nobody in.
    await expect(page.locator(".hint")).to_have_text("Every field needs one.")
    await page.get_by_label("Access token").fill(served.token)
    await page.get_by_label("Access token").press("Enter")
    await expect(page.locator(".hint")).to_contain_text("ADMIN until")
    await stranger.context.close()
    await known.close()


def test_the_tour_is_valid_against_the_schema() -> None:
    schema = build_schema((ROOT / "schema.graphql").read_text())
    assert validate(schema, parse((ROOT / "graphiql/src/tour.graphql").read_text())) == []
