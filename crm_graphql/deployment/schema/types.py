"""The deployment's settings as clients see them."""

from __future__ import annotations

import strawberry

from crm_graphql.deployment.values import DeploymentValues
from crm_graphql.gql.errors import Payload


@strawberry.type(description="When nobody is written to.")
class QuietHours:
    from_: str = strawberry.field(
        name="from",
        description="When they begin, \"21:00\": in the customer's time zone, else the deployment's.",
    )
    until: str = strawberry.field(description="When they end; on the next day where that is earlier.")


@strawberry.type(description="What people set for all of the deployment.")
class DeploymentSettings:
    organisation_name: str = strawberry.field(
        description="Who sends, as people know it: on the pages by which they unsubscribe and choose."
    )
    time_zone: str = strawberry.field(
        description="IANA name: days in rules, quiet hours of people without a zone of their own, reports."
    )
    country: str | None = strawberry.field(
        description="ISO 3166-1 alpha-2: telephone numbers in national form. Null: these are not dialled."
    )
    quiet_hours: QuietHours | None = strawberry.field(
        description="When nobody is written to, by the clocks where they are; null: never. Campaigns may "
        "have hours of their own."
    )
    frequency_cap_messages: int | None = strawberry.field(
        description="At most so many messages of a channel in `frequencyCapDays` to one person; null: no "
        "cap. What is too much waits."
    )
    frequency_cap_days: int | None = strawberry.field(description="The days of the cap; null: no cap.")
    attribution_days: int = strawberry.field(
        description="For so long after a message an order counts as its; a campaign keeps what holds at its "
        "launch."
    )

    sender_name: str | None = strawberry.field(
        description="The name beside the address that e-mail is from; null: as the operator set it, else the "
        "organisation's. A campaign's own goes first; others take it when they are launched."
    )
    reply_to: str | None = strawberry.field(
        description="Where answers to e-mail go, in the same way; null: to the address that it is from, "
        "which the operator sets."
    )

    @classmethod
    def from_values(cls, values: DeploymentValues) -> DeploymentSettings:
        """The projection of what holds."""
        hours = values.quiet_hours
        return cls(
            organisation_name=values.organisation_name,
            time_zone=values.time_zone,
            country=values.country,
            quiet_hours=None if hours is None else QuietHours(from_=hours["from"], until=hours["until"]),
            frequency_cap_messages=values.frequency_cap_messages,
            frequency_cap_days=values.frequency_cap_days,
            attribution_days=values.attribution_days,
            sender_name=values.sender_name,
            reply_to=values.reply_to,
        )


@strawberry.type(description="The changed settings.")
class SettingsUpdatePayload(Payload):
    settings: DeploymentSettings | None = strawberry.field(
        default=None, description="As they hold now; null when they were not changed."
    )
