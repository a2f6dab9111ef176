"""Reading the account's templates."""

from __future__ import annotations

from crm_graphql.core.actor import Permission
from crm_graphql.gql.context import Info
from crm_graphql.gql.permission import query
from crm_graphql.whatsapp.graph import graph_api
from crm_graphql.whatsapp.schema.types import WhatsappTemplate
from crm_graphql.whatsapp.templates import list_templates


@query(
    Permission.CAMPAIGNS_READ,
    "Templates of the WhatsApp account by name and language, as of five minutes ago at most; none where the "
    "Cloud API does not carry WhatsApp.",
)
async def whatsapp_templates(info: Info) -> list[WhatsappTemplate] | None:
    resources = info.context.resources
    found = await list_templates(graph_api(resources.settings, resources.http))
    return [WhatsappTemplate.from_document(row) for row in found]
