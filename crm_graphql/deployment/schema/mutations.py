"""Changing the deployment's settings."""

from __future__ import annotations

from typing import Annotated, Any

import strawberry

from crm_graphql.core.actor import Permission
from crm_graphql.deployment.schema.inputs import SettingsUpdateInput
from crm_graphql.deployment.schema.types import DeploymentSettings, SettingsUpdatePayload
from crm_graphql.deployment.service import update_settings
from crm_graphql.deployment.values import FIELDS
from crm_graphql.gql.context import Info
from crm_graphql.gql.permission import mutation


@mutation(
    Permission.SETTINGS_WRITE,
    "Change settings of the deployment. Of two changes at once both hold, field by field. Every process goes "
    "by them two seconds later at the latest.",
)
async def settings_update(
    info: Info, input: Annotated[SettingsUpdateInput, strawberry.argument(description="The change.")]
) -> SettingsUpdatePayload:
    changes: dict[str, Any] = {
        name: value for name in FIELDS if (value := getattr(input, name)) is not strawberry.UNSET
    }
    if changes.get("quiet_hours") is not None:
        hours = changes["quiet_hours"]
        changes["quiet_hours"] = {"from": hours.from_, "until": hours.until}
    values = await update_settings(info.context.actor, changes, live=info.context.resources.deployment)
    return SettingsUpdatePayload(settings=DeploymentSettings.from_values(values))
