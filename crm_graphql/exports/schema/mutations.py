"""Asking for exports."""

from __future__ import annotations

from typing import Annotated

import strawberry

from crm_graphql.core.actor import Permission
from crm_graphql.exports.schema.inputs import ExportCreateInput
from crm_graphql.exports.schema.types import Export, ExportCreatePayload
from crm_graphql.exports.service import create_export
from crm_graphql.gql.context import Info
from crm_graphql.gql.permission import mutation


@mutation(
    Permission.EXPORTS_WRITE,
    "Have a file of customers, orders or deliveries made in the background; watch it by exportProgress. "
    "Needs CUSTOMERS_READ too, CAMPAIGNS_READ where it holds deliveries, AUDIENCES_READ by a rule.",
)
async def export_create(
    info: Info,
    input: Annotated[ExportCreateInput, strawberry.argument(description="What is wanted, and of whom.")],
) -> ExportCreatePayload:
    resources = info.context.resources
    row = await create_export(
        info.context.actor,
        input.wanted(),
        idempotency_key=input.idempotency_key,
        settings=resources.settings,
        bus=resources.bus,
        clock=resources.clock,
    )
    return ExportCreatePayload(export=Export.from_document(row))
