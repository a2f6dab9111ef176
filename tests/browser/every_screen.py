"""Screens of the dashboard by their routes, all of them, and a shop's data that each can show."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlsplit

from PIL import Image

from crm_graphql.client.api import Api
from crm_graphql.client.ingestions import wait_until_ended
from crm_graphql.client.uploads import Upload, upload
from crm_graphql.local.demo import RULE
from crm_graphql.local.demo_data import DemoData
from tests.flows.campaigns import LAUNCH, messages_of, watch_until_completed
from tests.servers.deployment import Deployment

SCREENS: Mapping[str, str] = {
    "home": "/",
    "campaigns": "/campaigns",
    "campaign": "/campaigns/$id",
    "editor": "/campaigns/$id/edit",
    "customers": "/customers",
    "customer": "/customers/$id",
    "imports": "/imports",
    "new-import": "/imports/new",
    "import": "/imports/$id",
    "audiences": "/audiences",
    "new-audience": "/audiences/new",
    "audience": "/audiences/$id",
    "reports": "/reports",
    "exports": "/downloads",
    "library": "/library",
    "suppressions": "/suppressions",
    "bulk": "/bulk",
    "settings": "/settings",
    "users": "/settings/users",
    "keys": "/settings/keys",
    "audit": "/settings/audit",
    "channels": "/settings/channels",
    "topics": "/settings/topics",
    "own-account": "/account",
}
"""Routes by the folders of their screens: dashboard/src/app/router.tsx."""

PASSWORD = "quiet harbour 1987 lantern"
BROWSER = {"user-agent": "Mozilla/5.0 (Macintosh) AppleWebKit/605 Safari/605", "accept-language": "en"}
BERLIN = {
    "all": [
        {"where": {"field": "country", "operator": "EQ", "value": "DE"}},
        {"where": {"field": "totalSpend", "operator": "GTE", "value": "50"}},
    ]
}
FIRST = "{ customers(first: 1, sort: {field: TOTAL_SPEND, direction: DESC}) { nodes { id } } }"
HTML = """<h1 style="color:#4263eb">Early access, {{ customer.name | default: 'friend' }}</h1>
<p>You have been with us {{ customer.visit_count }} times. The new harvest is yours first.</p>
<p><a href="https://shop.example/harvest">See the harvest</a></p>"""
FAIR = """email,name,city,country
ines.costa@example.com,Inês Costa,Lisbon,PT
theo.evans@example,Theo Evans,London,GB
lara.weber@example.com,Lara Weber,Berlin,Germany
,Noah Park,Seoul,KR
omar.haddad@@example.com,Omar Haddad,Paris,FR
nina.meyer@example.com,Nina Meyer,Berlin,DE
"""


@dataclass(frozen=True, slots=True)
class Shop:
    """What was made: who looks, by their token, and ids by the folders of screens of one thing."""

    token: str
    audience: str
    ids: Mapping[str, str]

    def path(self, screen: str) -> str:
        """The address of a screen."""
        return re.sub(r"\$\w+", lambda _: quote(self.ids[screen]), SCREENS[screen])


async def furnish(deployment: Deployment, people: DemoData, *, looked_at: int = 0) -> Shop:
    """A shop that has worked for a while; `looked_at` of its messages were opened."""
    token = await _person(deployment)
    await make(
        deployment,
        "settingsUpdate",
        None,
        organisationName="Nordlys Coffee",
        timeZone="Europe/Oslo",
        country="NO",
    )
    imported = await _records(deployment, people)
    topic = await make(deployment, "topicCreate", "topic", name="News from the roastery", isOptOut=True)
    audience = await make(deployment, "audienceCreate", "audience", name="Regulars", rule=RULE)
    await make(deployment, "audienceCreate", "audience", name="Good customers in Germany", rule=BERLIN)
    sent = await sending(deployment, audience, "Early access to the harvest", topicId=topic, tracksOpens=True)
    await watch_until_completed(deployment, sent)
    await _look(deployment, sent, looked_at)
    text = {"body": "Nordlys: your next order ships free until Sunday."}
    await sending(deployment, audience, "Ships free until Sunday", channel="SMS", message=text)
    later = await _campaign(deployment, audience, "We miss you")
    at = (datetime.now(UTC) + timedelta(days=2)).replace(hour=9, minute=0, second=0, microsecond=0)
    await make(deployment, "campaignSchedule", "campaign", id=later, at=at.isoformat())
    draft = await _campaign(deployment, audience, "Summer roast", topicId=topic)
    await _around(deployment, audience)
    customer = (await deployment.graphql(FIRST))["customers"]["nodes"][0]["id"]
    ids = {"campaign": sent, "editor": draft, "customer": customer, "import": imported, "audience": audience}
    return Shop(token, audience, ids)


async def make(deployment: Deployment, field: str, thing: str | None, **values: object) -> str:
    """Run a mutation by its name; the id of what came of it, "" where it has none."""
    chosen = f"{thing} {{ id }}" if thing else ""
    of = f"{field[0].upper()}{field[1:]}Input"
    document = (
        f"mutation ($input: {of}!) {{ {field}(input: $input) {{ {chosen} errors {{ path message }} }} }}"
    )
    payload = await deployment.mutate(document, {"input": values})
    return str(payload[thing]["id"]) if thing else ""


async def sending(deployment: Deployment, audience: str, name: str, **values: object) -> str:
    """A campaign on its way; its id."""
    campaign = await _campaign(deployment, audience, name, **values)
    await deployment.mutate(LAUNCH, {"id": campaign})
    return campaign


async def _campaign(deployment: Deployment, audience: str, name: str, **values: object) -> str:
    new: dict[str, Any] = {
        "channel": "EMAIL",
        "message": {"subject": f"{name}, {{{{ customer.name }}}}", "html": HTML},
    }
    return await make(
        deployment, "campaignCreate", "campaign", **{**new, "name": name, "audienceId": audience, **values}
    )


async def _person(deployment: Deployment) -> str:
    """Somebody who is signed in; their token."""
    email = "maja.larsen@nordlys.example"
    invited = await deployment.mutate(
        "mutation ($i: UserCreateInput!) { userCreate(input: $i) { inviteUrl errors { message } } }",
        {"i": {"email": email, "name": "Maja Larsen", "role": "ADMIN"}},
    )
    await make(
        deployment, "userCreate", "user", email="omar@nordlys.example", name="Omar Haddad", role="MARKETER"
    )
    code = invited["inviteUrl"].partition("#code=")[2]
    await make(deployment, "passwordSet", None, code=code, password=PASSWORD)
    signed_in = await deployment.mutate(
        "mutation ($i: LoginInput!) { login(input: $i) { tokens { accessToken } errors { message } } }",
        {"i": {"email": email, "password": PASSWORD}},
    )
    return str(signed_in["tokens"]["accessToken"])


async def _records(deployment: Deployment, people: DemoData) -> str:
    """Customers, their orders, and a file some of whose rows are refused; that one's id."""
    kinds = (("customers", people.customer_pieces), ("orders", people.order_pieces))
    async with Api(deployment.url, deployment.token) as api:
        for kind, pieces in kinds:
            done = await upload(api, Upload(kind, pieces, "application/x-ndjson", source="shop"))
            await wait_until_ended(api, done["id"], lambda _: None)
        fair = Upload("customers", lambda: [FAIR.encode()], "text/csv", source="fair", name="spring-fair.csv")
        done = await upload(api, fair)
        await wait_until_ended(api, done["id"], lambda _: None)
        return str(done["id"])


async def _look(deployment: Deployment, campaign: str, count: int) -> None:
    """Open the first messages, and follow every third one's link."""
    for number, message in enumerate(messages_of(deployment, campaign)[:count]):
        addresses = re.findall(r'(?:src|href)="(http[^"]+/[oc]/[^"]+)"', str(message.get("html")))
        for address in addresses:
            path = urlsplit(address).path
            if path.startswith("/o/") or number % 3 == 0:
                await deployment.http.get(path, headers=BROWSER)


async def _around(deployment: Deployment, audience: str) -> None:
    """What stands beside campaigns: files, tags, exports, reports, keys, addresses that get nothing."""
    picture = io.BytesIO()
    Image.linear_gradient("L").resize((640, 360)).convert("RGB").save(picture, "PNG")
    files = {"file": ("harvest.png", picture.getvalue(), "image/png")}
    uploaded = await deployment.http.post(
        "/media", files=files, headers={"authorization": f"Bearer {deployment.token}"}
    )
    assert uploaded.status_code == 201, uploaded.text
    await make(deployment, "suppressionsCreate", None, channel="EMAIL", addresses=["no.more@example.com"])
    await make(deployment, "customersTag", "operation", target={"audienceId": audience}, add=["early-access"])
    await make(
        deployment,
        "exportCreate",
        "export",
        subject="CUSTOMERS",
        format="CSV",
        customers={"audienceId": audience},
    )
    await make(
        deployment,
        "reportSave",
        "savedReport",
        name="Revenue by month",
        metrics=["REVENUE", "ORDERS"],
        by="MONTH",
    )
    await make(deployment, "apiKeyCreate", "apiKey", name="Web shop", role="INGESTOR")
