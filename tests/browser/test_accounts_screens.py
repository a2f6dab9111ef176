"""Accounts and settings in a real browser: the first user, passwords, devices, users, keys, topics."""

from __future__ import annotations

import csv
import re
from collections.abc import AsyncIterator

import httpx
import pytest
from playwright.async_api import Browser, Page, expect
from pymongo import AsyncMongoClient

from crm_graphql.accounts.setup_code import setup_code
from crm_graphql.core.actor import Role
from crm_graphql.core.settings import load_settings
from crm_graphql.local.mongod import Mongod
from tests.accounts.doors import PASSWORD
from tests.accounts.test_live import login, person
from tests.browser.conftest import Seen
from tests.browser.screens import EXTREMES, elsewhere, open_signed_in, opened, shuts_nobody_out
from tests.servers.deployment import SECRET, Deployment

pytestmark = [pytest.mark.timeout(240), pytest.mark.xdist_group("browser")]

NEW_PASSWORD = "nine purple ladders hum"
SETTINGS = """{ settings { organisationName quietHours { from until } frequencyCapMessages frequencyCapDays
  senderName replyTo } }"""


@pytest.fixture(scope="module")
async def office(tmp_path_factory: pytest.TempPathFactory, mongod: Mongod) -> AsyncIterator[Deployment]:
    """The product in development, with Google set up."""
    settings = {"development": True, "google_client_id": "office", "google_client_secret": "unused"}
    opened = Deployment(tmp_path_factory.mktemp("office"), mongod, None, settings=settings)
    try:
        await opened.start()
        yield opened
    finally:
        await opened.close()


async def sign_in(page: Page, email: str, password: str = PASSWORD) -> None:
    await page.get_by_label("E-mail").fill(email)
    await page.get_by_role("textbox", name="Password").fill(password)
    await page.get_by_role("button", name="Sign in", exact=True).click()


async def open_link(page: Page, office: Deployment, link: str) -> None:
    """A one-time link, which names the public address, at the one that this deployment has."""
    await page.goto(f"{office.url}/set-password#{link.partition('#')[2]}")


async def set_password(page: Page, password: str) -> None:
    await page.get_by_role("textbox", name="New password").fill(password)
    await page.get_by_role("button", name="Set the password").click()


async def links_for_somebody_else(office: Deployment) -> tuple[str, list[str]]:
    """Somebody who forgot their password twice: only the second link is good."""
    somebody = await person(office)
    reset = "mutation ($id: ID!) { userPasswordReset(input: { id: $id }) { resetUrl errors { message } } }"
    return somebody.email, [(await office.mutate(reset, {"id": somebody.id}))["resetUrl"] for _ in range(2)]


async def open_as(browser: Browser, office: Deployment, role: str, path: str) -> tuple[Seen, str]:
    """The address, for somebody with this role who has signed in there; and who."""
    email = (await person(office, role)).email
    seen = await opened(browser)
    await seen.page.goto(f"{office.url}{path}")
    await sign_in(seen.page, email)
    return seen, email


async def forget_all_users(office: Deployment, mongod: Mongod) -> None:
    async with AsyncMongoClient[dict[str, object]](mongod.url) as client:
        await client[office.environment["CRM_MONGODB_DATABASE"]].users.delete_many({})


async def test_the_first_user_is_made_with_the_setup_code_and_with_no_other(
    office: Deployment, mongod: Mongod, chromium: Browser
) -> None:
    await forget_all_users(office, mongod)
    seen = await opened(chromium)
    page = seen.page
    await page.goto(f"{office.url}/account")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Set up your CRM")
    await page.get_by_label("Setup code").fill("AAAAA-BBBBB")
    await page.get_by_label("Your name").fill("Ada")
    await page.get_by_label("E-mail").fill("ada@example.com")
    await page.get_by_role("textbox", name="Password").fill("short")
    create = page.get_by_role("button", name="Create the administrator")
    await create.click()
    await expect(page.get_by_text("needs the setup code that the server printed")).to_be_visible()
    code = setup_code(load_settings(_env_file=None, secret_key=SECRET))
    await page.get_by_label("Setup code").fill(code)
    await create.click()
    await expect(page.get_by_text("A password has at least 12 characters.")).to_be_visible()
    await page.get_by_role("textbox", name="Password").fill(PASSWORD)
    await create.click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Your account")
    await expect(page.get_by_text("Administrator", exact=True)).to_be_visible()
    assert not any("ada@" in address or code in address for address in seen.addresses)
    assert seen.errors == []
    await page.context.close()


async def test_a_wrong_password_is_told_and_the_right_one_leads_to_what_was_asked_for(
    office: Deployment, chromium: Browser
) -> None:
    email = (await person(office)).email
    seen = await opened(chromium)
    page = seen.page
    await page.goto(f"{office.url}/campaigns?status=DRAFT")
    google = page.get_by_role("link", name="Sign in with Google")
    await expect(google).to_have_attribute("href", re.compile(r"\?next=%2Fcampaigns%3Fstatus%3DDRAFT$"))
    await sign_in(page, email, NEW_PASSWORD)
    await expect(page.get_by_role("alert")).to_contain_text("password")
    await sign_in(page, email)
    await expect(page.get_by_role("heading", level=1)).to_have_text("Campaigns")
    await expect(page).to_have_url(f"{office.url}/campaigns?status=DRAFT")
    assert elsewhere(seen, office) == []
    await page.context.close()


async def test_a_person_signs_out_their_other_devices_and_changes_their_password(
    office: Deployment, chromium: Browser
) -> None:
    seen, email = await open_as(chromium, office, "VIEWER", "/account")
    page = seen.page
    await expect(page.get_by_text("This device")).to_be_visible()
    await login(office, email)
    await page.reload()
    devices = page.get_by_role("listitem").filter(has_text="last used")
    await expect(devices).to_have_count(3)
    await devices.get_by_role("button").first.click()
    await expect(page.get_by_text("One device is signed out.")).to_be_visible()
    await page.get_by_role("button", name="Sign out all others").click()
    await page.get_by_role("dialog").get_by_role("button", name="Sign out all others").click()
    await expect(devices).to_have_count(1)
    await page.get_by_role("textbox", name="Current password").fill(NEW_PASSWORD)
    await page.get_by_role("textbox", name="New password").fill(NEW_PASSWORD)
    change = page.get_by_role("button", name="Change the password")
    await change.click()
    await expect(page.get_by_text("The current password is wrong.")).to_be_visible()
    await page.get_by_role("textbox", name="Current password").fill(PASSWORD)
    await change.click()
    await expect(page.get_by_text("Changed. Your other devices are signed out.")).to_be_visible()
    await page.get_by_role("button", name="Account menu").click()
    await page.get_by_role("button", name="Sign out", exact=True).click()
    await sign_in(page, email, NEW_PASSWORD)
    await expect(page.get_by_role("button", name="Account menu")).to_be_visible()
    await page.context.close()


async def test_settings_that_are_wrong_are_told_at_their_place_and_right_ones_are_kept(
    office: Deployment, chromium: Browser
) -> None:
    seen, _ = await open_as(chromium, office, "ADMIN", "/settings")
    page = seen.page
    await page.get_by_label("Name", exact=True).fill("Acme & Sons")
    await page.get_by_role("switch", name="Write to nobody during quiet hours").check()
    await page.get_by_role("textbox", name="From").fill("22:00")
    await page.get_by_role("textbox", name="Until").fill("22:00")
    await page.get_by_role("textbox", name="Sender’s name").fill("Blåbær & Sønn")
    await page.get_by_role("textbox", name="Answers go to").fill("Acme <help@acme.example>")
    save = page.get_by_role("button", name="Save changes")
    await save.click()
    await expect(page.get_by_role("textbox", name="Until")).to_have_attribute("aria-invalid", "true")
    answers = page.get_by_role("textbox", name="Answers go to")
    await expect(answers).to_have_attribute("aria-invalid", "true")
    await page.get_by_role("textbox", name="Until").fill("07:00")
    await answers.fill("help@acme.example")
    await page.get_by_role("switch", name="Limit how much one person gets").check()
    await page.get_by_label("Messages at most").fill("3")
    await save.click()
    await expect(page.get_by_text("Saved.")).to_be_visible()
    kept = await office.graphql(SETTINGS)
    assert kept["settings"] == {
        "organisationName": "Acme & Sons",
        "quietHours": {"from": "22:00", "until": "07:00"},
        "frequencyCapMessages": 3,
        "frequencyCapDays": 7,
        "senderName": "Blåbær & Sønn",
        "replyTo": "help@acme.example",
    }
    await page.goto(f"{office.url}/settings/channels")
    await expect(page.get_by_text("help@acme.example")).to_be_visible()
    await page.context.close()


async def test_saving_leaves_alone_what_a_colleague_changed_meanwhile(
    office: Deployment, chromium: Browser
) -> None:
    seen, _ = await open_as(chromium, office, "ADMIN", "/settings")
    page = seen.page
    await expect(page.get_by_label("Name", exact=True)).not_to_have_value("")
    update = 'mutation { settingsUpdate(input: { country: "NO" }) { settings { country } errors { code } } }'
    await office.mutate(update, {})
    await page.get_by_label("Name", exact=True).fill("Kettles")
    await page.get_by_role("button", name="Save changes").click()
    await expect(page.get_by_text("Saved.")).to_be_visible()
    kept = (await office.graphql("{ settings { organisationName country } }"))["settings"]
    assert kept == {"organisationName": "Kettles", "country": "NO"}
    await expect(page.get_by_role("combobox", name="Country")).to_have_value("Norway")
    await page.context.close()


async def test_a_topic_is_made_renamed_and_deleted_by_who_may(office: Deployment, chromium: Browser) -> None:
    seen, _ = await open_as(chromium, office, "MARKETER", "/settings/topics")
    page = seen.page
    await page.get_by_role("button", name="New topic").click()
    await page.get_by_label("Name").fill("Gardening")
    await page.get_by_role("radio", name="Opt-out").check()
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("Gardening")).to_be_visible()
    await page.get_by_role("button", name="Edit topic: Gardening").click()
    await page.get_by_label("Description").fill("Seeds and tools")
    await page.get_by_role("button", name="Save").click()
    # The field in the dialogue says the same until it is gone.
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await expect(page.get_by_text("Seeds and tools")).to_be_visible()
    viewer = await opened(chromium)
    await viewer.page.goto(f"{office.url}/settings/topics#token={office.mint(Role.VIEWER)}")
    await expect(viewer.page.get_by_text("Seeds and tools")).to_be_visible()
    await expect(viewer.page.get_by_role("button", name=re.compile("topic"))).to_have_count(0)
    await viewer.page.context.close()
    await page.get_by_role("button", name="Delete topic: Gardening").click()
    await page.get_by_role("dialog").get_by_role("button", name="Delete topic").click()
    await expect(page.get_by_text("“Gardening” is deleted.")).to_be_focused()
    await expect(page.get_by_text("Seeds and tools")).to_have_count(0)
    await page.context.close()


async def test_an_invited_user_comes_in_by_the_link_and_is_put_out_again(
    office: Deployment, chromium: Browser
) -> None:
    seen, _ = await open_as(chromium, office, "ADMIN", "/settings/users")
    page = seen.page
    await page.get_by_role("button", name="Invite a user").click()
    await page.get_by_label("E-mail").fill("mia@example")
    invite = page.get_by_role("dialog").get_by_role("button", name="Invite a user")
    await invite.click()
    await expect(page.get_by_text("This is not an email address")).to_be_visible()
    await page.get_by_label("E-mail").fill("mia@example.com")
    await page.get_by_role("radio", name="Viewer").check()
    await invite.click()
    link = await page.get_by_label("One-time link").input_value()
    await page.get_by_role("button", name="Done").click()
    edit = page.get_by_role("button", name="Edit: mia@example.com")
    await expect(edit).to_be_visible()

    mia = await opened(chromium)
    await open_link(mia.page, office, link)
    await set_password(mia.page, "short")
    await expect(mia.page.get_by_text("A password has at least 12 characters.")).to_be_visible()
    await set_password(mia.page, PASSWORD)
    await expect(mia.page.get_by_role("button", name="Account menu: mia@example.com")).to_be_visible()
    await expect(mia.page).to_have_url(f"{office.url}/")
    await mia.page.goto(f"{office.url}/settings/users")
    await expect(mia.page.get_by_text("Your role does not allow this.")).to_be_visible()
    sections = mia.page.get_by_role("navigation", name="Settings")
    await expect(sections.get_by_role("link")).to_have_text(["General", "Topics", "Channels"])

    await edit.click()
    await page.get_by_role("switch", name="May sign in").uncheck()
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("mia@example.com is saved.")).to_be_visible()
    await expect(page.get_by_text("Shut out")).to_be_visible()
    await mia.page.reload()
    await expect(mia.page.get_by_role("heading", level=1)).to_have_text("Sign in")
    await mia.page.context.close()
    await page.context.close()


async def test_a_link_that_is_no_longer_good_is_told_and_a_newer_one_signs_in_whom_it_was_made_for(
    office: Deployment, chromium: Browser
) -> None:
    seen = await opened(chromium)
    page = await open_signed_in(seen, office, "/account")
    email, links = await links_for_somebody_else(office)
    await open_link(page, office, "#code=")
    await expect(page.get_by_role("alert")).to_contain_text("by a link that an administrator gives you")
    await open_link(page, office, links[0])
    await set_password(page, NEW_PASSWORD)
    await expect(page.get_by_role("alert")).to_contain_text("replaced by a newer one, or is too old")
    await open_link(page, office, links[1])
    await set_password(page, NEW_PASSWORD)
    await expect(page.get_by_role("button", name=f"Account menu: {email}")).to_be_visible()
    await open_link(page, office, links[1])
    await expect(page).to_have_url(f"{office.url}/set-password")
    await set_password(page, PASSWORD)
    await expect(page.get_by_role("alert")).to_contain_text("used before")
    await page.get_by_role("link", name="Sign in").click()
    await expect(page.get_by_role("button", name=f"Account menu: {email}")).to_be_visible()
    codes = [link.partition("=")[2] for link in links]
    assert not any(code in address for code in codes for address in seen.addresses)
    assert seen.errors == []
    await page.context.close()


async def test_a_keys_secret_is_shown_once_works_and_is_revoked(
    office: Deployment, chromium: Browser
) -> None:
    seen, _ = await open_as(chromium, office, "ADMIN", "/settings/keys")
    page = seen.page
    await page.get_by_role("button", name="New key").click()
    await page.get_by_label("Name").fill("The shop")
    await page.get_by_role("dialog").get_by_role("button", name="New key").click()
    secret = await page.get_by_label("Secret").input_value()
    viewer = (await office.graphql("{ viewer { role apiKey { name } } }", token=secret))["viewer"]
    assert viewer == {"role": "INGESTOR", "apiKey": {"name": "The shop"}}
    await page.get_by_role("button", name="Done").click()
    await expect(page.get_by_role("button", name="Revoke: The shop")).to_be_visible()
    await expect(page.get_by_role("dialog")).to_have_count(0)
    assert secret not in await page.content()
    await page.get_by_role("button", name="Revoke: The shop").click()
    await page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
    await expect(page.get_by_text("“The shop” is revoked.")).to_be_focused()
    async with httpx.AsyncClient(trust_env=False) as machine:
        answer = await machine.post(
            f"{office.url}/graphql",
            json={"query": "{ viewer { role } }"},
            headers={"authorization": f"Bearer {secret}"},
        )
    assert answer.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    await page.context.close()


async def test_the_audit_is_found_by_kind_and_by_who_did_it_with_an_address_to_share(
    office: Deployment, chromium: Browser
) -> None:
    seen, email = await open_as(chromium, office, "ADMIN", "/settings/audit")
    page = seen.page
    await expect(page.get_by_role("cell", name=email).first).to_be_visible()
    await page.get_by_role("combobox", name="What was done").fill("Signed in")
    await page.get_by_role("option", name="Signed in", exact=True).click()
    await page.get_by_role("combobox", name="Who did it").fill(email)
    await page.get_by_role("option", name=email).click()
    await expect(page.get_by_role("cell", name="Signed in")).to_have_count(1)
    await expect(page).to_have_url(re.compile(r"/settings/audit\?action=login&actor=\w+$"))
    await page.reload()
    await expect(page.get_by_role("combobox", name="Who did it")).to_have_value(email)
    await expect(page.get_by_role("cell", name="Signed in")).to_have_count(1)
    async with page.expect_download() as downloading:
        await page.get_by_role("button", name="Download as CSV").click()
    download = await downloading.value
    rows = list(csv.DictReader((await download.path()).read_text().splitlines()))
    assert download.suggested_filename == "audit.csv"
    assert [(row["actor"], row["action"]) for row in rows] == [(email, "login")]
    await page.context.close()


@pytest.mark.parametrize(("width", "scheme"), EXTREMES)
async def test_a_refused_sign_in_and_dialogs_of_settings_shut_nobody_out(
    office: Deployment, chromium: Browser, width: int, scheme: str
) -> None:
    email = (await person(office, "ADMIN")).email
    seen = await opened(chromium, width, scheme)
    page = seen.page
    # A window that is still coming in has no contrast yet.
    await page.emulate_media(reduced_motion="reduce")
    await page.goto(f"{office.url}/account")
    await sign_in(page, email, NEW_PASSWORD)
    await expect(page.get_by_role("alert")).to_be_visible()
    await shuts_nobody_out(page)
    await sign_in(page, email)
    await expect(page.get_by_role("heading", level=1)).to_have_text("Your account")
    for section, button in (("users", "Invite a user"), ("keys", "New key"), ("topics", "New topic")):
        await page.goto(f"{office.url}/settings/{section}")
        await page.get_by_role("button", name=button).click()
        await expect(page.get_by_role("dialog")).to_be_visible()
        if section == "users":
            await page.get_by_label("E-mail").fill("mia@example")
            await page.get_by_label("E-mail").press("Enter")
            await expect(page.get_by_text("This is not an email address")).to_be_visible()
        await shuts_nobody_out(page)
    assert seen.errors == []
    await page.context.close()


async def test_an_operators_token_has_no_password_and_no_devices(
    office: Deployment, chromium: Browser
) -> None:
    seen = await opened(chromium)
    page = await open_signed_in(seen, office, "/account")
    await expect(page.get_by_text("This sign-in belongs to no person")).to_be_visible()
    await expect(page.get_by_role("button", name="Change the password")).to_have_count(0)
    await page.context.close()
