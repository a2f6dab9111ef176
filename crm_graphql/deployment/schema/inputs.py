"""Inputs of the deployment's settings."""

from __future__ import annotations

import strawberry


@strawberry.input(description="When nobody is written to.")
class QuietHoursInput:
    from_: str = strawberry.field(name="from", description='When they begin, "21:00".')
    until: str = strawberry.field(description="When they end; on the next day where that is earlier.")


@strawberry.input(description="A change of the settings. A field left out stays.")
class SettingsUpdateInput:
    organisation_name: str | None = strawberry.field(
        default=strawberry.UNSET, description="At most 200 characters; null: as CRM_NAME says."
    )
    time_zone: str | None = strawberry.field(
        default=strawberry.UNSET, description="IANA name, Europe/Berlin; null: as CRM_TIME_ZONE says."
    )
    country: str | None = strawberry.field(
        default=strawberry.UNSET,
        description="ISO 3166-1 alpha-2; null: numbers in national form are not read.",
    )
    quiet_hours: QuietHoursInput | None = strawberry.field(
        default=strawberry.UNSET, description="Two different times; null: none."
    )
    frequency_cap_messages: int | None = strawberry.field(
        default=strawberry.UNSET, description="1 to 1,000, with `frequencyCapDays`; null, both: no cap."
    )
    frequency_cap_days: int | None = strawberry.field(
        default=strawberry.UNSET, description="1 to 365, with `frequencyCapMessages`; null, both: no cap."
    )
    attribution_days: int | None = strawberry.field(
        default=strawberry.UNSET, description="1 to 365; null: 7."
    )
    sender_name: str | None = strawberry.field(
        default=strawberry.UNSET, description="At most 100 characters; null: as CRM_SMTP_SENDER_NAME says."
    )
    reply_to: str | None = strawberry.field(
        default=strawberry.UNSET, description="An e-mail address; null: answers go to the sender's."
    )
