"""Writing topics, words and suppressions."""

from __future__ import annotations

from typing import Annotated, Any

import strawberry

from crm_graphql.campaigns.queries import open_campaigns_naming
from crm_graphql.consents.documents import SuppressionReason
from crm_graphql.consents.saying import set_consent
from crm_graphql.consents.schema.inputs import (
    ConsentSetInput,
    SuppressionDeleteInput,
    SuppressionsCreateInput,
    TopicCreateInput,
    TopicDeleteInput,
    TopicUpdateInput,
)
from crm_graphql.consents.schema.types import (
    ConsentSetPayload,
    Suppression,
    SuppressionDeletePayload,
    SuppressionsCreatePayload,
    Topic,
    TopicCreatePayload,
    TopicDeletePayload,
    TopicUpdatePayload,
)
from crm_graphql.consents.service import (
    create_suppressions,
    create_topic,
    delete_suppression,
    delete_topic,
    update_topic,
)
from crm_graphql.core.actor import Permission
from crm_graphql.core.ids import decode_key
from crm_graphql.gql.context import Info
from crm_graphql.gql.errors import UserError
from crm_graphql.gql.node import node_type
from crm_graphql.gql.permission import mutation


@mutation(Permission.CONSENTS_WRITE, "Make a topic for people to choose.")
async def topic_create(
    info: Info, input: Annotated[TopicCreateInput, strawberry.argument(description="The topic.")]
) -> TopicCreatePayload:
    row = await create_topic(
        info.context.actor,
        name=input.name,
        description=input.description,
        is_opt_out=input.is_opt_out,
        clock=info.context.resources.clock,
    )
    return TopicCreatePayload(topic=Topic.from_document(row))


@mutation(Permission.CONSENTS_WRITE, "Change a topic. A field left out stays.", subject="id")
async def topic_update(
    info: Info, input: Annotated[TopicUpdateInput, strawberry.argument(description="The change.")]
) -> TopicUpdatePayload:
    changes: dict[str, Any] = {
        name: value
        for name in ("name", "description")
        if (value := getattr(input, name)) is not strawberry.UNSET
    }
    key = decode_key("Topic", input.id)
    row = await update_topic(info.context.actor, key, changes, clock=info.context.resources.clock)
    return TopicUpdatePayload(topic=Topic.from_document(row))


@mutation(
    Permission.CONSENTS_WRITE,
    "Delete a topic; WRONG_STATE while a campaign that has not ended names it.",
    subject="id",
)
async def topic_delete(
    info: Info, input: Annotated[TopicDeleteInput, strawberry.argument(description="Which topic.")]
) -> TopicDeletePayload:
    await delete_topic(
        info.context.actor,
        decode_key("Topic", input.id),
        campaigns_naming=open_campaigns_naming,
        clock=info.context.resources.clock,
    )
    return TopicDeletePayload(deleted_id=input.id)


@mutation(
    Permission.CONSENTS_WRITE,
    "Note what a customer said just now. In force at once, for what is queued too.",
    subject="topic_id",
)
async def consent_set(
    info: Info, input: Annotated[ConsentSetInput, strawberry.argument(description="The word.")]
) -> ConsentSetPayload:
    row = await set_consent(
        info.context.actor,
        input.customer.reference(field="customer"),
        decode_key("Topic", input.topic_id, field="topicId"),
        input.channel,
        input.status,
        input.source,
        transact=info.context.resources.in_transaction,
    )
    return ConsentSetPayload(customer=node_type("Customer").make(row))


@mutation(
    Permission.CONSENTS_WRITE,
    "Close addresses on a channel, whoever has them; up to 1,000, each with its own outcome. A file goes to "
    "POST /ingest/suppressions.",
)
async def suppressions_create(
    info: Info,
    input: Annotated[SuppressionsCreateInput, strawberry.argument(description="The addresses.")],
) -> SuppressionsCreatePayload:
    resources = info.context.resources
    made = await create_suppressions(
        info.context.actor,
        input.channel,
        input.addresses,
        input.reason or SuppressionReason.MANUAL,
        clock=resources.clock,
        settings=resources.settings,
    )
    return SuppressionsCreatePayload(
        suppressions=[None if row is None else Suppression.from_document(row) for row in made.rows],
        errors=[UserError.from_problem(problem) for problem in made.problems],
    )


@mutation(Permission.CONSENTS_WRITE, "Open an address again.", subject="id")
async def suppression_delete(
    info: Info, input: Annotated[SuppressionDeleteInput, strawberry.argument(description="Which one.")]
) -> SuppressionDeletePayload:
    await delete_suppression(info.context.actor, decode_key("Suppression", input.id))
    return SuppressionDeletePayload(deleted_id=input.id)
