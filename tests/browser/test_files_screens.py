"""Screens of files in a real browser: imports from a file to its refused rows, exports, the media library."""

from __future__ import annotations

import gzip
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, FilePayload, Page, Request, expect
from pymongo import AsyncMongoClient

from crm_graphql.core.actor import Role
from crm_graphql.core.ids import decode_key
from crm_graphql.local.mongod import Mongod
from tests.browser.screens import AXE, EXTREMES, elsewhere, open_signed_in, opened, shuts_nobody_out
from tests.media.files import picture
from tests.servers.deployment import Deployment

pytestmark = [pytest.mark.timeout(240), pytest.mark.xdist_group("browser")]

FIELD = Path(__file__).parents[1] / "data/field"
SHOP = Path(__file__).parents[1] / "data/exports/shopify-customers.csv"
WRONG_ROWS = """\
customer_id,full name,Mail,joined,shoe size
w1,Ida Nordby,ida@example.com,2024-03-01,38
w2,Ola Vik,no address,2024-03-02,43
,Kari Lund,kari@example.com,2024-03-03,39
w4,Per Dal,per@example.com,2024-03-04,44
"""
BECOME = """state => {
  Object.defineProperty(document, 'visibilityState', { value: state, configurable: true });
  document.dispatchEvent(new Event('visibilitychange'));
}"""
DRAG = """(place, files) => {
  const dataTransfer = new DataTransfer();
  for (let file = 0; file < files; file++) dataTransfer.items.add(new File(['a'], `${file}.csv`));
  const event = { bubbles: true, cancelable: true, dataTransfer };
  place.dispatchEvent(new DragEvent('dragleave', event));
  if (files) place.dispatchEvent(new DragEvent('dragenter', event));
}"""
CONTRASTS_AS_THE_SCHEME_CHANGES = """async place => {
  // A change that slides begins where it was: its first moment is held.
  const root = document.documentElement;
  const next = root.dataset.mantineColorScheme === 'dark' ? 'light' : 'dark';
  root.dataset.mantineColorScheme = next;
  for (const sliding of document.getAnimations()) sliding.pause();
  const { violations, incomplete, passes } = await axe.run(place, { runOnly: ['color-contrast'] });
  for (const sliding of document.getAnimations()) sliding.finish();
  const found = [...violations, ...incomplete, ...passes].flatMap(({ nodes }) => nodes);
  const written = found.filter(({ html }) => !html.startsWith('<input'));
  return written.map(({ any: [measure] }) => measure.data.contrastRatio);
}"""
AUDIENCE = """mutation { audienceCreate(input: {
  name: "Of Exportville", rule: { where: { field: "city", operator: EQ, value: "Exportville" } }
}) { audience { id } errors { message } } }"""
AMBIGUOUS = "customer_id,name,signed_up_at\na1,Ann,03/04/2024\na2,Bea,05/06/2024\n"


@pytest.fixture(scope="module")
async def development(tmp_path_factory: pytest.TempPathFactory, mongod: Mongod) -> AsyncIterator[Deployment]:
    """The product as `crm dev` starts it."""
    folder = tmp_path_factory.mktemp("files")
    opened = Deployment(folder, mongod, None, settings={"development": True})
    try:
        await opened.start()
        yield opened
    finally:
        await opened.close()


def named(name: str, content: str | bytes) -> FilePayload:
    data = content.encode() if isinstance(content, str) else content
    return {"name": name, "mimeType": "application/octet-stream", "buffer": data}


async def choose(page: Page, name: str, content: str | bytes) -> None:
    """Give the screen a file, as its button and a drop do."""
    await page.locator("input[type=file]").set_input_files(named(name, content))


def is_read(request: Request) -> bool:
    """Whether it asks for the list of imports."""
    return '"operationName":"Imports"' in (request.post_data or "")


async def set_status(mongod: Mongod, development: Deployment, key: str, status: str) -> None:
    """Make an import one that stands there, for as long as a test looks."""
    client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(mongod.url)
    database = client[development.environment["CRM_MONGODB_DATABASE"]]
    changed = await database["ingestions"].update_one(
        {"_id": decode_key("Ingestion", key)}, {"$set": {"status": status, "sealed": status != "RUNNING"}}
    )
    assert changed.matched_count == 1
    await client.close()


async def pick(page: Page, name: str, option: str) -> None:
    """Choose an option of the field with this name."""
    field = page.get_by_role("combobox", name=name, exact=True)
    await field.click()
    await page.get_by_role("option", name=option, exact=True).click()
    await expect(field).to_have_value(option)


async def test_a_file_goes_in_by_keyboard_its_wrong_rows_are_told_before_and_had_afterwards(
    development: Deployment, chromium: Browser
) -> None:
    seen = await opened(chromium)
    page = await open_signed_in(seen, development, "/imports/new")
    async with page.expect_file_chooser() as chooser:
        await page.get_by_role("button", name="Choose a file").press("Enter")
    await (await chooser.value).set_files(named("people.csv", WRONG_ROWS))
    problems = page.locator("section").filter(has_text="at the beginning")
    await expect(problems.get_by_role("row", name="3 Mail")).to_be_visible()
    await expect(problems.get_by_role("row", name="4 customer_id")).to_be_visible()
    await expect(page.get_by_role("combobox", name="Where full name goes")).to_have_value("Name")

    chosen = page.get_by_role("combobox", name="Where shoe size goes")
    await expect(chosen).to_have_value("Left out")
    await chosen.fill("City")
    await chosen.press("ArrowDown")
    await chosen.press("Enter")
    await expect(page.get_by_role("columnheader", name="city", exact=True)).to_be_visible()

    await page.get_by_role("button", name="Check all rows").press("Enter")
    await expect(page.get_by_text("4 rows: 2 new, 0 changed, 0 unchanged, 2 refused")).to_be_visible()
    await page.get_by_role("button", name="Start the import").press("Enter")
    await expect(page.get_by_role("heading", level=1)).to_have_text("people.csv")
    await expect(page.get_by_text("Completed", exact=True)).to_be_visible()
    async with page.expect_download() as download:
        await page.get_by_role("button", name="Download refused rows").press("Enter")
    refused = (await (await download.value).path()).read_text()
    assert refused.splitlines()[0] == "customer_id,full name,Mail,joined,shoe size,error,error_column"
    assert "Ola Vik" in refused
    assert "Kari Lund" in refused
    assert "Ida Nordby" not in refused
    await expect(page.get_by_role("link", name="Choose an audience")).to_be_visible()
    found = await development.graphql('{ customer(by: {externalId: "w1"}) { name city } }')
    assert found["customer"] == {"name": "Ida Nordby", "city": "38"}
    assert seen.errors == []
    assert elsewhere(seen, development) == []
    assert not any("people" in address or "Mail" in address for address in seen.addresses)
    await page.context.close()


async def test_what_could_be_read_in_two_ways_is_asked_and_a_known_export_is_known(
    development: Deployment, chromium: Browser
) -> None:
    seen = await opened(chromium)
    page = await open_signed_in(seen, development, "/imports/new?kind=CUSTOMERS")
    await choose(page, "dates.csv", AMBIGUOUS)
    await expect(page.get_by_text("This has to be said first")).to_be_visible()
    start = page.get_by_role("button", name="Start the import")
    await expect(start).to_be_disabled()
    await page.get_by_role("combobox", name="Order in dates").click()
    await page.get_by_role("option", name="Day, month, year").click()
    await expect(page.get_by_role("cell", name="2024-04-03T00:00:00Z")).to_be_visible()
    await expect(start).to_be_enabled()

    await choose(page, "customers_export.csv", SHOP.read_bytes())
    await expect(page.get_by_text("Known as an export of shopify")).to_be_visible()
    await expect(page.get_by_text("This has to be said first")).to_have_count(0)

    await choose(page, "orders.csv", (FIELD / "10-orders-file-as-customers.csv").read_bytes())
    await expect(page.get_by_text("would not be taken like this")).to_be_visible()
    await expect(start).to_be_disabled()
    await page.get_by_role("radio", name="Orders").check()
    await expect(page).to_have_url(f"{development.url}/imports/new?kind=ORDERS")
    await expect(start).to_be_enabled()
    await page.context.close()


async def test_a_mapping_is_kept_chosen_for_the_next_file_shown_before_anything_is_written_and_deleted(
    development: Deployment, chromium: Browser
) -> None:
    seen = await opened(chromium)
    page = await open_signed_in(seen, development, "/imports/new?kind=CUSTOMERS")
    await choose(page, "june.csv", "customer_id,Who,Where,Since\nk1,Kai,Oslo,03/04/2024\n")
    for column, field in (("Who", "Name"), ("Where", "City"), ("Since", "Signed up")):
        await pick(page, f"Where {column} goes", field)
    await pick(page, "Order in dates", "Day, month, year")
    keep = page.get_by_role("button", name="Keep", exact=True)
    await keep.press("Enter")
    await page.get_by_role("menuitem", name="Keep this mapping").press("Enter")
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("Name").fill("Till")
    await shuts_nobody_out(page)
    await dialog.get_by_label("Name").press("Enter")
    await expect(page.get_by_text("“Till” is kept.")).to_be_visible()
    kept = page.get_by_role("combobox", name="Kept mapping")
    await expect(kept).to_have_value("Till")

    await choose(page, "july.csv", "customer_id,who,Since\nk2,Liv,05/06/2024\n")
    await expect(page.get_by_role("combobox", name="Where who goes")).to_have_value("Left out")
    await pick(page, "Kept mapping", "Till")
    await expect(page.get_by_text("Not in this file: Where", exact=True)).to_be_visible()
    await expect(page.get_by_role("combobox", name="Where who goes")).to_have_value("Name")
    await expect(page.get_by_role("combobox", name="Order in dates")).to_have_value("Day, month, year")
    await expect(page.get_by_role("combobox", name="Decimal sign")).to_have_value("")
    await expect(page.get_by_role("cell", name="2024-06-05T00:00:00Z")).to_be_visible()
    await keep.click()
    await page.get_by_role("menuitem", name="Rename").click()
    await dialog.get_by_label("Name").fill("Counter")
    await dialog.get_by_role("button", name="Save").click()
    await expect(kept).to_have_value("Counter")
    stored = await development.graphql("{ importMappings { name optionsSaid columns { column } } }")
    columns = [{"column": name} for name in ("customer_id", "Who", "Where", "Since")]
    assert stored["importMappings"] == [{"name": "Counter", "optionsSaid": ["dateOrder"], "columns": columns}]
    await keep.click()
    await page.get_by_role("menuitem", name="Delete").click()
    await dialog.get_by_role("button", name="Delete").click()
    await expect(kept).to_be_disabled()

    found = await development.graphql('{ customer(by: {externalId: "k2"}) { name } }')
    assert found["customer"] is None
    await page.get_by_role("button", name="Start the import").click()
    await expect(page.get_by_text("Completed", exact=True)).to_be_visible()
    found = await development.graphql('{ customer(by: {externalId: "k2"}) { name } }')
    assert found["customer"] == {"name": "Liv"}
    assert seen.errors == []
    await page.context.close()


async def test_an_export_is_asked_for_of_an_audience_made_before_ones_eyes_and_downloaded(
    development: Deployment, chromium: Browser, tmp_path: Path
) -> None:
    file = tmp_path / "exported.csv"
    file.write_text("customer_id,name,city\ne1,Eva Ek,Exportville\ne2,Eli As,Elsewhere\n")
    await development.import_file("customers", file)
    await development.mutate(AUDIENCE, {})
    seen = await opened(chromium)
    page = await open_signed_in(seen, development, "/downloads")
    await page.get_by_role("button", name="New export").press("Enter")
    dialog = page.get_by_role("dialog", name="New export")
    await dialog.get_by_role("combobox", name="Of an audience").fill("Exportville")
    await page.get_by_role("option", name="Of Exportville").click()
    await shuts_nobody_out(page)
    await dialog.get_by_role("button", name="Make the file").click()
    await expect(dialog).to_have_count(0)
    row = page.get_by_role("row").filter(has_text="CSV, for spreadsheets")
    await expect(row.get_by_text("Completed", exact=True).last).to_be_visible()
    async with page.expect_download() as download:
        await row.get_by_role("button", name="Download").press("Enter")
    made = gzip.decompress((await (await download.value).path()).read_bytes()).decode()
    assert "Eva Ek" in made
    assert "Eli As" not in made
    assert seen.errors == []
    await page.context.close()


async def test_lists_say_how_old_they_are_and_are_read_again_only_while_something_moves_or_one_looks(
    development: Deployment, mongod: Mongod, chromium: Browser, tmp_path: Path
) -> None:
    file = tmp_path / "moving.csv"
    file.write_text("customer_id,name\nm1,Mia\n")
    imported = await development.import_file("customers", file)
    page = await open_signed_in(await opened(chromium), development, "/downloads")
    await page.clock.install()
    reads: list[Request] = []
    page.on("request", lambda request: reads.append(request) if is_read(request) else None)

    await page.goto(f"{development.url}/imports")
    await expect(page.get_by_role("link", name="moving.csv")).to_be_visible()
    reads.clear()
    await page.clock.run_for(60_000)
    await expect(page.get_by_text("Updated 1 min ago")).to_be_visible()
    assert reads == []
    async with page.expect_request(is_read):
        await page.get_by_role("button", name="Read again").click()
    await set_status(mongod, development, imported["id"], "RUNNING")
    async with page.expect_request(is_read):
        for state in ("hidden", "visible"):
            await page.evaluate(BECOME, state)
    await expect(page.get_by_text("Running", exact=True)).to_be_visible()
    async with page.expect_request(is_read):
        await page.clock.run_for(10_000)
    await page.evaluate(BECOME, "hidden")
    await page.clock.run_for(60_000)
    await page.evaluate(BECOME, "visible")
    await page.get_by_role("button", name="Pause updates").click()
    await page.clock.run_for(60_000)
    assert len(reads) == 4
    await set_status(mongod, development, imported["id"], "COMPLETED")
    await page.context.close()


async def test_a_picture_comes_into_the_library_is_published_and_goes_and_what_is_none_is_told(
    development: Deployment, chromium: Browser
) -> None:
    seen = await opened(chromium)
    page = await open_signed_in(seen, development, "/library")
    await page.locator("input[type=file]").set_input_files(
        [named("spring banner.png", picture()), named("page.html", "<html><script>1</script></html>")]
    )
    card = page.get_by_role("article", name="spring banner.png")
    await expect(card.locator("img")).to_be_visible()
    await expect(page.get_by_text("which could run scripts")).to_be_visible()
    await page.get_by_role("button", name="Take note").click()
    await card.get_by_role("button", name="Publish").press("Enter")
    await expect(card.get_by_text("Public", exact=True)).to_be_visible()
    await expect(card.get_by_role("button", name="Copy link")).to_be_visible()

    await page.get_by_role("searchbox").fill("nothing")
    await expect(page.get_by_text("No file is found by that.")).to_be_visible()
    await page.get_by_role("searchbox").fill("spring")
    await page.get_by_role("combobox", name="Kind").click()
    await page.get_by_role("option", name="Pictures").click()
    await expect(page).to_have_url(f"{development.url}/library?kind=PICTURE")

    await card.get_by_role("button", name="Delete").press("Enter")
    dialog = page.get_by_role("dialog")
    await expect(dialog.get_by_text("It is public")).to_be_visible()
    await dialog.get_by_role("button", name="Delete").click()
    await expect(page.get_by_text("No file is found by that.")).to_be_visible()
    assert not any("spring" in address for address in seen.addresses)
    assert elsewhere(seen, development) == []
    await page.context.close()


async def test_a_viewer_sees_imports_and_is_offered_none(development: Deployment, chromium: Browser) -> None:
    seen = await opened(chromium)
    viewer = development.mint(Role.VIEWER)
    await seen.page.goto(f"{development.url}/imports#token={viewer}")
    await expect(seen.page.get_by_role("heading", level=1)).to_have_text("Imports")
    await expect(seen.page.get_by_role("link", name="Import a file")).to_have_count(0)
    await seen.page.goto(f"{development.url}/imports/new")
    await expect(seen.page.get_by_text("Your role may look at imports")).to_be_visible()
    await seen.page.context.close()


@pytest.mark.parametrize(("width", "scheme"), EXTREMES)
async def test_a_chosen_file_shuts_nobody_out(
    development: Deployment, chromium: Browser, width: int, scheme: str
) -> None:
    page = await open_signed_in(await opened(chromium, width, scheme), development, "/imports/new")
    await choose(page, "people.csv", WRONG_ROWS)
    await expect(page.get_by_role("button", name="Start the import")).to_be_enabled()
    await shuts_nobody_out(page)
    await page.context.close()


async def test_the_place_for_files_is_readable_whatever_is_dragged_over_it_and_when_the_scheme_changes(
    development: Deployment, chromium: Browser
) -> None:
    page = await open_signed_in(await opened(chromium), development, "/imports/new")
    await page.evaluate(AXE.read_text())
    place = page.locator("[data-idle], [data-accept], [data-reject]")
    for files, state in ((0, "data-idle"), (1, "data-accept"), (2, "data-reject")):
        await place.evaluate(DRAG, files)
        await expect(place).to_have_attribute(state, "true")
        for _ in ("dark", "light"):
            contrasts = await place.evaluate(CONTRASTS_AS_THE_SCHEME_CHANGES)
            assert len(contrasts) == 3, state
            assert min(contrasts) >= 4.5, state
    await page.context.close()
