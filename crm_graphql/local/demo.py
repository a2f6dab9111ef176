"""The story that `crm demo` tells on a development server: load, cut an audience, send, watch it deliver."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import typer
from rich.console import Console

from crm_graphql.client.api import Api, ApiAway, ApiRefused
from crm_graphql.client.ingestions import wait_until_ended
from crm_graphql.client.uploads import Upload, Watcher, upload
from crm_graphql.local.demo_data import DemoData
from crm_graphql.local.demo_screen import CampaignBar, LoadBar
from crm_graphql.local.server import DevServer

AUDIENCE = "Demo: regulars"
RULE = {
    "all": [
        {"where": {"field": "visitCount", "operator": "GTE", "value": 5}},
        {"where": {"field": "totalSpend", "operator": "GTE", "value": "200"}},
    ]
}
SUBJECT = "{{ customer.name | default: 'Hello' }}, thank you"
BODY = """Hi {{ customer.name | default: 'there' }},

you have been with us {{ customer.visit_count }} times. Your next order ships free.
"""

FIND_AUDIENCE = "query Find($name: String) { audiences(search: $name) { nodes { id name ruleText size } } }"
CREATE_AUDIENCE = """
mutation Create($input: AudienceCreateInput!) {
  audienceCreate(input: $input) { audience { id name ruleText size } errors { message } }
}
"""
CREATE_CAMPAIGN = """
mutation Create($input: CampaignCreateInput!) {
  campaignCreate(input: $input) { campaign { id } errors { message } }
}
"""
LAUNCH = """
mutation Launch($id: ID!) {
  campaignLaunch(input: { id: $id }) { campaign { id } errors { message } }
}
"""
WATCH = """
subscription Watch($id: ID!) {
  campaignProgress(campaignId: $id) {
    status
    revision
    stats { total totalIsFinal queued sent delivered failed skipped }
  }
}
"""


async def tell(server: DevServer) -> None:
    """Load what is not there yet, launch a campaign, show it to its end, and say where to look.

    Raises ApiRefused or ApiAway when the server does not play along.
    """
    console = Console(highlight=False)
    data = DemoData(server.data_dir.demo_day())
    begin = datetime.now(UTC)
    # The same key on the same folder: started again, the server has it all already.
    async with Api(server.url, server.token()) as api:
        await _load(api, console, "customers", data.customers, data.customer_pieces, data)
        await _load(api, console, "orders", data.orders, data.order_pieces, data)
        audience = await _audience(api)
        size = "many" if audience["size"] is None else f"{audience['size']:,}"
        console.print(f'Audience "{AUDIENCE}" ({audience["ruleText"]}): {size} customers.', soft_wrap=True)
        await _send(api, console, audience["id"], begin)
    typer.echo(_where_to_look(server))


async def _load(
    api: Api,
    console: Console,
    kind: str,
    count: int,
    pieces: Callable[[], Iterable[bytes]],
    data: DemoData,
) -> None:
    what = Upload(
        kind,
        pieces,
        "application/x-ndjson",
        source="crm demo",
        idempotency_key=f"demo-{kind}-{count}-{data.today.isoformat()}",
    )
    begin = datetime.now(UTC)
    with LoadBar(console, kind, count) as bar:
        ingestion = await upload(api, what, Watcher(waiting=bar.waiting))
        ingestion = await wait_until_ended(api, ingestion["id"], bar.show)
    if ingestion["status"] == "FAILED":
        raise ApiRefused(f"Loading {kind} failed: {ingestion['failureReason']}")
    seconds = (datetime.now(UTC) - begin).total_seconds()
    if datetime.fromisoformat(ingestion["createdAt"]) < begin - timedelta(seconds=1):
        console.print(f"{count:,} {kind}: there already.")
    else:
        console.print(f"{count:,} {kind}: loaded in {seconds:.1f} s, {count / seconds:,.0f} a second.")


async def _audience(api: Api) -> dict[str, Any]:
    """The demo's audience, made the first time."""
    found = (await api.execute(FIND_AUDIENCE, name=AUDIENCE))["audiences"]["nodes"]
    for audience in found:
        if audience["name"] == AUDIENCE:
            return dict(audience)
    payload = await api.mutate(CREATE_AUDIENCE, input={"name": AUDIENCE, "rule": RULE})
    return dict(payload["audience"])


async def _send(api: Api, console: Console, audience_id: str, moment: datetime) -> None:
    name = f"Demo: thank you, {moment:%Y-%m-%d %H:%M:%S}"
    new = {
        "name": name,
        "audienceId": audience_id,
        "channel": "EMAIL",
        "message": {"subject": SUBJECT, "body": BODY},
    }
    campaign_id = (await api.mutate(CREATE_CAMPAIGN, input=new))["campaign"]["id"]
    begin = asyncio.get_running_loop().time()
    await api.mutate(LAUNCH, id=campaign_id)
    with CampaignBar(console, name) as bar:
        last = await _watch(api, campaign_id, bar)
    seconds = asyncio.get_running_loop().time() - begin
    stats = last["stats"]
    console.print(
        f"Campaign {last['status']} after {seconds:.1f} s: {stats['delivered']:,} delivered, "
        f"{stats['failed']:,} failed (the simulator lets about 10 % fail), "
        f"{stats['skipped']:,} skipped (no address).",
        soft_wrap=True,
    )


async def _watch(api: Api, campaign_id: str, bar: CampaignBar) -> dict[str, Any]:
    """The last event of the campaign's own subscription; taken up again when the server was away."""
    while True:
        try:
            async for event in api.subscribe(WATCH, id=campaign_id):
                progress: dict[str, Any] = event["campaignProgress"]
                bar.show(progress)
                if progress["status"] in ("COMPLETED", "FAILED", "CANCELLED"):
                    return progress
        except ApiAway as away:
            bar.waiting(str(away), 1.0)
        await asyncio.sleep(1.0)


def _where_to_look(server: DevServer) -> str:
    return "\n".join(
        [
            "",
            f"Dashboard   {server.dashboard_url()}",
            f"Explorer    {server.explorer_url()}",
            f"Messages    {server.simulator_url}   (what the customers would have got)",
            f"Token       {server.token()}",
            "Your data   crm import customers FILE --preview   (docs/importing.md)",
            "It stays up. Ctrl-C stops it; started again, it goes on with the same data.",
        ]
    )
