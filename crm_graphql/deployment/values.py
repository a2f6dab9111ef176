"""The values of a deployment: what may be set, the defaults beneath it, and how it is checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from crm_graphql.core.emails import NotAnEmail, plain_email
from crm_graphql.core.errors import Faults, InvalidInput, Problem, RequiredInput
from crm_graphql.core.phones import COUNTRIES
from crm_graphql.core.quiet_hours import check_quiet_hours
from crm_graphql.core.senders import NotASenderName, check_sender_name, checked_reply_to
from crm_graphql.core.settings import Settings
from crm_graphql.core.texts import is_storable
from crm_graphql.core.zones import zone_of

ATTRIBUTION_DAYS = 7
MOST_ATTRIBUTION_DAYS = 365
MOST_CAP_MESSAGES = 1_000
MOST_CAP_DAYS = 365
NAME_LIMIT = 200


@dataclass(frozen=True, slots=True)
class DeploymentValues:
    """What holds for all of the deployment."""

    organisation_name: str
    time_zone: str
    country: str | None
    quiet_hours: Mapping[str, str] | None
    """`from` and `until` as "HH:MM", two different ones; over midnight where `until` is the earlier."""
    frequency_cap_messages: int | None
    frequency_cap_days: int | None
    """Both or none."""
    attribution_days: int
    sender_name: str | None
    """Beside the address that e-mail is from; None: as CRM_SMTP_SENDER_NAME says, else the organisation's."""
    reply_to: str | None
    """Where answers to e-mail go; None: to the address that it is from."""


FIELDS = tuple(field.name for field in fields(DeploymentValues))


def values_of(stored: Mapping[str, Any], environment: Settings) -> DeploymentValues:
    """What was set, over the defaults."""
    defaults: dict[str, Any] = {
        "organisation_name": environment.name,
        "time_zone": environment.time_zone,
        "country": environment.country or None,
        "quiet_hours": None,
        "frequency_cap_messages": None,
        "frequency_cap_days": None,
        "attribution_days": ATTRIBUTION_DAYS,
        "sender_name": None,
        "reply_to": None,
    }
    return DeploymentValues(**{name: stored.get(name, default) for name, default in defaults.items()})


def settings_over(environment: Settings, values: DeploymentValues) -> Settings:
    """The environment's settings with what was set in their place."""
    return environment.model_copy(
        update={
            "name": values.organisation_name,
            "time_zone": values.time_zone,
            "country": values.country or "",
        }
    )


def plain(changes: Mapping[str, Any]) -> dict[str, Any]:
    """The changes in the form in which they are kept."""
    address = changes.get("reply_to")
    return {**changes, "reply_to": plain_email(address)} if address is not None else dict(changes)


def checked(values: DeploymentValues) -> None:
    """Raise InvalidInput, at the paths of the input, with everything that is wrong with the whole."""
    faults = Faults()
    with faults.noted():
        _check_name(values.organisation_name)
    with faults.noted():
        _check_zone(values.time_zone)
    with faults.noted():
        if values.country is not None and values.country not in COUNTRIES:
            message = f"{values.country[:20]!r} is not the code of a country like DE (ISO 3166-1 alpha-2)."
            raise InvalidInput(message, path=("country",))
    if values.quiet_hours is not None:
        check_quiet_hours(values.quiet_hours, faults)
    _check_cap(values, faults)
    with faults.noted():
        _check_range("attributionDays", values.attribution_days, MOST_ATTRIBUTION_DAYS)
    with faults.noted():
        _check_sender_name(values.sender_name)
    with faults.noted():
        _check_reply_to(values.reply_to)
    faults.check()


def _check_sender_name(name: str | None) -> None:
    try:
        if name is not None:
            check_sender_name(name)
    except NotASenderName as error:
        raise InvalidInput.of([Problem(error.code, f"senderName {error}", ("senderName",))]) from None


def _check_reply_to(address: str | None) -> None:
    try:
        if address is not None:
            checked_reply_to(address)
    except NotAnEmail as error:
        raise InvalidInput(f"replyTo {error}", path=("replyTo",)) from None


def _check_name(name: str) -> None:
    if len(name) > NAME_LIMIT or not is_storable(name):
        raise InvalidInput(
            f"A name is a text of at most {NAME_LIMIT} characters.", path=("organisationName",)
        )


def _check_zone(name: str) -> None:
    try:
        zone_of(name)
    except ValueError as error:
        raise InvalidInput(str(error), path=("timeZone",)) from None


def _check_cap(values: DeploymentValues, faults: Faults) -> None:
    limits = {
        "frequencyCapMessages": (values.frequency_cap_messages, MOST_CAP_MESSAGES),
        "frequencyCapDays": (values.frequency_cap_days, MOST_CAP_DAYS),
    }
    is_capped = any(given is not None for given, _ in limits.values())
    for name, (given, most) in limits.items():
        with faults.noted():
            if given is not None:
                _check_range(name, given, most)
            elif is_capped:
                message = "A cap needs both: how many messages, and in how many days. For no cap: both null."
                raise RequiredInput(message, path=(name,))


def _check_range(name: str, given: int, most: int) -> None:
    if not 1 <= given <= most:
        raise InvalidInput(f"{given} is not within 1 and {most:,}.", path=(name,))
