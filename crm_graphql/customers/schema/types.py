"""Customers as clients see them."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import strawberry
from bson import ObjectId
from strawberry.scalars import JSON

from crm_graphql.consents.queries import LATEST_WORD_FIRST, WORD_FIELDS, count_words
from crm_graphql.consents.schema.types import Consent, Suppression, topic_loader
from crm_graphql.core.actor import Permission
from crm_graphql.core.money import from_units
from crm_graphql.core.paging import Row
from crm_graphql.custom_fields.schema.loaders import definitions_loader
from crm_graphql.customers.merged import keys_of, under
from crm_graphql.customers.metadata import shown_metadata
from crm_graphql.customers.schema.columns import CUSTOMER_COLUMNS
from crm_graphql.customers.schema.loaders import (
    attachments_of_customer_loader,
    customer_loader,
    deliveries_of_customer_loader,
    group_loader,
    orders_of_customer_loader,
    suppressions_of_customer_loader,
    words_of_customer_loader,
)
from crm_graphql.customers.schema.timeline import Kinds, TimelineConnection, TimelineEntry, timeline_loader
from crm_graphql.delivery.queries import NEWEST_FIRST as NEWEST_DELIVERIES_FIRST
from crm_graphql.delivery.queries import count_deliveries
from crm_graphql.gql.connections import (
    CONNECTION_PATHS,
    After,
    Before,
    Connection,
    First,
    Last,
    connection,
    list_cursors,
)
from crm_graphql.gql.context import Info
from crm_graphql.gql.linked import linked
from crm_graphql.gql.loaders import ChildPage
from crm_graphql.gql.node import Node, global_id, node_type, register
from crm_graphql.groups.queries import BY_NAME as GROUPS_BY_NAME
from crm_graphql.groups.queries import page_of_groups
from crm_graphql.media.queries import NEWEST_ATTACHED_FIRST, count_attachments
from crm_graphql.orders.queries import NEWEST_FIRST as NEWEST_ORDERS_FIRST
from crm_graphql.orders.queries import count_orders
from crm_graphql.timeline.queries import count_entries
from crm_graphql.timeline.sources import NEWEST_FIRST as NEWEST_ENTRIES_FIRST

if TYPE_CHECKING:
    from crm_graphql.delivery.schema.types import Delivery
    from crm_graphql.groups.schema.types import Group
    from crm_graphql.media.schema.types import Media
    from crm_graphql.orders.schema.types import Order


@strawberry.type(description="A person: who they are, what they spent, how they can be reached.")
class Customer(Node):
    external_id: str = strawberry.field(description="The caller's own key, unique over all customers.")
    name: str | None = strawberry.field(description="The name as it was given.")
    email: str | None = strawberry.field(description="The email address.")
    phone: str | None = strawberry.field(description="The phone number: digits, with a leading + if given.")
    city: str | None = strawberry.field(description="The city as it was given.")
    country: str | None = strawberry.field(description="The country as it was given.")
    time_zone: str | None = strawberry.field(
        description="IANA name, e.g. Europe/Berlin; null: quiet hours are those of the deployment's zone."
    )
    is_tracked: bool = strawberry.field(
        description="False: opens and clicks of this person are not recorded."
    )
    tags: list[str] = strawberry.field(description="Labels in the order given.")
    signed_up_at: datetime | None = strawberry.field(description="When the customer signed up elsewhere.")
    source_ids: list[str] = strawberry.field(
        description="Ids that this customer has in other systems, e.g. shopify:7000000000001."
    )
    total_spend: Decimal = strawberry.field(
        description="Opening balance plus all orders, net of refunds, in the deployment's currency."
    )
    visit_count: int = strawberry.field(
        description="Opening number of visits plus the orders that are no refund."
    )
    first_visit_at: datetime | None = strawberry.field(description="The earliest visit; null before any.")
    last_visit_at: datetime | None = strawberry.field(description="The latest visit; null before any.")
    revision: int = strawberry.field(
        description="Grows with every edit of the fields that people edit, not with orders."
    )
    created_at: datetime = strawberry.field(description="When the customer was first heard of here.")
    updated_at: datetime = strawberry.field(description="When the record or its totals last changed.")
    key: strawberry.Private[ObjectId]
    row: strawberry.Private[Row]

    @classmethod
    def from_document(cls, row: Row) -> Customer:
        """The projection of a customer document; fields that were not fetched are not to be read."""
        return cls(
            id=global_id("Customer", row["_id"]),
            key=row["_id"],
            row=row,
            external_id=row.get("external_id", ""),
            name=row.get("name"),
            email=row.get("email"),
            phone=row.get("phone"),
            city=row.get("city"),
            country=row.get("country"),
            time_zone=row.get("time_zone"),
            is_tracked=row.get("is_tracked") is not False,
            tags=row.get("tags") or [],
            signed_up_at=row.get("signed_up_at"),
            source_ids=row.get("source_ids") or [],
            total_spend=from_units(row.get("total_spend", 0)),
            visit_count=row.get("visit_count", 0),
            first_visit_at=row.get("first_visit_at"),
            last_visit_at=row.get("last_visit_at"),
            revision=row.get("revision", 0),
            created_at=row.get("created_at"),  # type: ignore[arg-type]
            updated_at=row.get("updated_at"),  # type: ignore[arg-type]
        )

    @strawberry.field(description="Custom field values by key, defaults filled in.")
    async def custom_fields(self, info: Info) -> JSON:
        fields = await info.context.loader(definitions_loader).load(None)
        return JSON(fields.shown(self.row.get("custom_fields")))

    @strawberry.field(description="Free-form, not validated, not usable in rules.")
    def metadata(self) -> JSON:
        return JSON(shown_metadata(self.row.get("metadata")))

    @strawberry.field(description="The customer's orders, newest first.")
    async def orders(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Annotated[Order, strawberry.lazy("crm_graphql.orders.schema.types")]] | None:
        order = node_type("Order")
        fields = frozenset(order.projection(info, *CONNECTION_PATHS))
        cursors = list_cursors(info, NEWEST_ORDERS_FIRST, self.key)
        key = ChildPage(self.key, cursors.page(first, after, last, before), fields, self.former)
        page = await info.context.loader(orders_of_customer_loader).load(key)
        return connection(page, cursors, order.make, lambda: count_orders({"customer_id": under(self.keys)}))

    @strawberry.field(description="The messages to the customer, newest first.")
    async def deliveries(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Annotated[Delivery, strawberry.lazy("crm_graphql.delivery.schema.types")]] | None:
        delivery = node_type("Delivery")
        fields = frozenset(delivery.projection(info, *CONNECTION_PATHS))
        cursors = list_cursors(info, NEWEST_DELIVERIES_FIRST, self.key)
        key = ChildPage(self.key, cursors.page(first, after, last, before), fields, self.former)
        page = await info.context.loader(deliveries_of_customer_loader).load(key)
        matching = {"customer_id": under(self.keys)}
        return connection(page, cursors, delivery.make, lambda: count_deliveries(matching))

    @strawberry.field(description="The groups that the customer is in, by name.")
    async def groups(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Annotated[Group, strawberry.lazy("crm_graphql.groups.schema.types")]] | None:
        keys = self.row.get("groups") or []
        cursors = list_cursors(info, GROUPS_BY_NAME, self.key)
        asked = cursors.page(first, after, last, before)
        # One that was deleted is left by its members in the background.
        found = [row for row in await info.context.loader(group_loader).load_many(keys) if row]
        page = page_of_groups(found, asked)

        async def count() -> int:
            return len(found)

        return connection(page, cursors, node_type("Group").make, count)

    @strawberry.field(
        description="The files that belong to the customer's record, those attached last first."
    )
    async def media(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Annotated[Media, strawberry.lazy("crm_graphql.media.schema.types")]] | None:
        cursors = list_cursors(info, NEWEST_ATTACHED_FIRST, self.key)
        return await linked(
            info,
            info.context.loader(attachments_of_customer_loader),
            ChildPage(
                self.key, cursors.page(first, after, last, before), frozenset({"media_id"}), self.former
            ),
            cursors,
            field="media_id",
            type_name="Media",
            count=lambda: count_attachments({"customer_id": under(self.keys)}),
        )

    @strawberry.field(description="The newest word on each topic and channel of which there is one.")
    async def consents(self, info: Info) -> list[Consent] | None:
        words = self.row.get("consents") or []
        loader = info.context.loader(topic_loader)
        topics = await loader.load_many([word["topic_id"] for word in words])
        return [
            Consent.from_word(word, topic)
            for word, topic in zip(words, topics, strict=True)
            if topic is not None and topic["deleted_at"] is None
        ]

    @strawberry.field(description="Every word, newest first.")
    async def consent_history(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Consent] | None:
        cursors = list_cursors(info, LATEST_WORD_FIRST, self.key)
        key = ChildPage(self.key, cursors.page(first, after, last, before), WORD_FIELDS, self.former)
        page = await info.context.loader(words_of_customer_loader).load(key)
        topics = await info.context.loader(topic_loader).load_many([row["topic_id"] for row in page.rows])
        # A deleted topic stays in its collection.
        known = {row["_id"]: topic or {} for row, topic in zip(page.rows, topics, strict=True)}
        return connection(
            page,
            cursors,
            lambda row: Consent.from_word(row, known[row["_id"]]),
            lambda: count_words(*self.keys),
        )

    @strawberry.field(
        description="What happened with the customer: orders, messages, words, changes, merges; newest first."
    )
    async def timeline(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        kinds: Kinds = None,
    ) -> TimelineConnection | None:
        wanted = frozenset(kind.value for kind in kinds or ())
        cursors = list_cursors(info, NEWEST_ENTRIES_FIRST, self.key, sorted(wanted))
        key = ChildPage(self.key, cursors.page(first, after, last, before), wanted, self.former)
        page = await info.context.loader(timeline_loader).load(key)
        return TimelineConnection(
            page=page,
            cursors=cursors,
            make=TimelineEntry.from_entry,
            count=lambda: count_entries(self.keys, kinds=wanted),
        )

    @strawberry.field(
        description="External ids of those who were merged into this customer: later records under them are "
        "this customer's too."
    )
    def former_external_ids(self) -> list[str]:
        return [one["external_id"] for one in self.row.get("former") or ()]

    @property
    def keys(self) -> tuple[ObjectId, ...]:
        """The keys under which something of the customer may lie."""
        return keys_of(self.row)

    @property
    def former(self) -> tuple[ObjectId, ...]:
        """The same without its own."""
        return self.keys[1:]

    @strawberry.field(description="What closes the customer's addresses.")
    async def suppressions(self, info: Info) -> list[Suppression] | None:
        found = await info.context.loader(suppressions_of_customer_loader).load(self.row)
        return [Suppression.from_document(row) for row in found]


register(Customer, permission=Permission.CUSTOMERS_READ, loader=customer_loader, columns=CUSTOMER_COLUMNS)
