"""Reading the deployment's settings."""

from __future__ import annotations

from crm_graphql.core.actor import Permission
from crm_graphql.deployment.queries import get_settings
from crm_graphql.deployment.schema.types import DeploymentSettings
from crm_graphql.gql.context import Info
from crm_graphql.gql.permission import query


@query(Permission.SETTINGS_READ, "What people set for all of the deployment, over what its environment says.")
async def settings(info: Info) -> DeploymentSettings | None:
    live = info.context.resources.deployment
    return DeploymentSettings.from_values(
        await get_settings(info.context.actor, environment=live.environment)
    )
