"""The GraphQL face of the settings, and everything that goes by them."""

from __future__ import annotations

from datetime import UTC, datetime
from html import unescape

from crm_graphql.audit.documents import AuditEvent
from crm_graphql.consents.links import Link, Purpose, link_key, token_of
from crm_graphql.core.actor import Role
from crm_graphql.core.channels import Channel
from tests.consents.factories import make_people
from tests.gql.conftest import Api
from tests.gql.conftest import api as api

FIELDS = """organisationName timeZone country quietHours { from until } frequencyCapMessages frequencyCapDays
  attributionDays senderName replyTo"""
READ = f"{{ settings {{ {FIELDS} }} }}"
UPDATE = f"""mutation ($input: SettingsUpdateInput!) {{ settingsUpdate(input: $input) {{
  settings {{ {FIELDS} }} errors {{ path code message }} }} }}"""
DEFAULTS = {
    "organisationName": "",
    "timeZone": "UTC",
    "country": None,
    "quietHours": None,
    "frequencyCapMessages": None,
    "frequencyCapDays": None,
    "attributionDays": 7,
    "senderName": None,
    "replyTo": None,
}
ALL = {
    "organisationName": "Acme",
    "timeZone": "Europe/Berlin",
    "country": "DE",
    "quietHours": {"from": "21:00", "until": "08:00"},
    "frequencyCapMessages": 2,
    "frequencyCapDays": 7,
    "attributionDays": 14,
    "senderName": "Blåbær & Sønn",
    "replyTo": "help@acme.example",
}


async def test_they_are_read_set_and_cleared(api: Api) -> None:
    assert (await api.data(READ))["settings"] == DEFAULTS
    assert (await api.data(UPDATE, {"input": ALL}))["settingsUpdate"] == {"settings": ALL, "errors": []}
    assert (await api.data(READ))["settings"] == ALL
    assert (await api.data(UPDATE, {"input": {}}))["settingsUpdate"]["settings"] == ALL
    cleared = await api.data(UPDATE, {"input": dict.fromkeys(ALL)})
    assert cleared["settingsUpdate"] == {"settings": DEFAULTS, "errors": []}


async def test_what_is_wrong_comes_back_at_its_place(api: Api) -> None:
    bad = {"timeZone": "Europe/Berlin ", "quietHours": {"from": "9", "until": "08:00"}}
    answer = (await api.data(UPDATE, {"input": bad}))["settingsUpdate"]
    assert answer["settings"] is None
    assert [error["path"] for error in answer["errors"]] == [["timeZone"], ["quietHours", "from"]]
    assert answer["errors"][0]["message"].endswith("Did you mean Europe/Berlin?")


async def test_a_change_is_in_the_audit_and_a_refused_one_too(api: Api) -> None:
    await api.data(UPDATE, {"input": {"country": "DE"}})
    await api.ask(UPDATE, {"input": {"country": "FR"}}, role=Role.MARKETER)
    entries = AuditEvent.get_pymongo_collection().find({"action": "settingsUpdate"}).sort("_id")
    assert [entry["succeeded"] async for entry in entries] == [True, False]


async def test_telephone_numbers_go_by_the_country_at_once(api: Api) -> None:
    close = """mutation { suppressionsCreate(input: {channel: SMS, addresses: ["030 1234567"]}) {
      suppressions { address } errors { code } } }"""
    assert (await api.data(close))["suppressionsCreate"]["suppressions"] == [None]
    await api.data(UPDATE, {"input": {"country": "DE"}})
    assert (await api.data(close))["suppressionsCreate"]["suppressions"] == [{"address": "+49301234567"}]


async def test_pages_of_preferences_show_the_name_that_was_set(api: Api) -> None:
    (ida,) = await make_people({"email": "ida@example.com"})
    link = Link(Purpose.CHOOSE, Channel.EMAIL, ida, None, datetime.now(UTC))
    page = f"/preferences/{token_of(link, await link_key())}"
    assert "Acme & Sons" not in unescape((await api.http.get(page)).text)
    await api.data(UPDATE, {"input": {"organisationName": "Acme & Sons"}})
    assert "Acme & Sons" in unescape((await api.http.get(page)).text)


async def test_a_list_of_customers_goes_by_the_zone(api: Api) -> None:
    await make_people({"last_visit_at": datetime(2024, 6, 29, 22, 30, tzinfo=UTC)})
    listed = """{ customers(filter: {rule: {where: {
      field: "lastVisitAt", operator: EQ, value: "2024-06-30"}}}) { totalCount } }"""
    assert (await api.data(listed))["customers"]["totalCount"] == 0
    await api.data(UPDATE, {"input": {"timeZone": "Europe/Berlin"}})
    assert (await api.data(listed))["customers"]["totalCount"] == 1


async def test_audiences_count_and_tell_by_the_zone(api: Api) -> None:
    await make_people({"last_visit_at": datetime(2024, 6, 29, 22, 30, tzinfo=UTC)})
    await api.data(UPDATE, {"input": {"timeZone": "Europe/Berlin"}})
    made = await api.data(
        """mutation { audienceCreate(input: {name: "Sunday", rule: {where: {
          field: "lastVisitAt", operator: EQ, value: "2024-06-30"}}}) {
          audience { size ruleText customers { totalCount nodes { id } } } } }"""
    )
    audience = made["audienceCreate"]["audience"]
    assert audience["ruleText"] == "last visit is on 30 June 2024 (Europe/Berlin)"
    assert (audience["size"], audience["customers"]["totalCount"]) == (1, 1)
    assert len(audience["customers"]["nodes"]) == 1
