"""The texts of many deliveries, rendered in slices."""

from __future__ import annotations

from dataclasses import dataclass

from strawberry.dataloader import DataLoader

from crm_graphql.campaigns.schema.loaders import campaign_loader
from crm_graphql.core.paging import Row
from crm_graphql.delivery.rendering import Rendered, render_delivery
from crm_graphql.gql.context import Context


@dataclass(frozen=True, slots=True, eq=False)
class DeliveryRow:
    """A ledger row with what its text is made of."""

    row: Row


def text_loader(context: Context) -> DataLoader[DeliveryRow, Rendered | None]:
    """What was sent, rendered once for each delivery however many fields of it are asked for."""

    async def load(keys: list[DeliveryRow]) -> list[Rendered | None]:
        rows = {key.row["_id"]: key.row for key in keys}
        found = await context.loader(campaign_loader).load_many([row["campaign_id"] for row in rows.values()])
        campaigns = {campaign["_id"]: campaign for campaign in found if campaign is not None}

        def render(row: Row) -> Rendered | None:
            campaign = campaigns.get(row["campaign_id"])
            return render_delivery(campaign, row) if campaign else None

        texts = dict(zip(rows, await context.resources.slices.each(rows.values(), render), strict=True))
        return [texts[key.row["_id"]] for key in keys]

    return DataLoader(load_fn=load, cache=False)
