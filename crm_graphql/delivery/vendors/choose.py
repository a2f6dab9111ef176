"""Vendors by channel: the one place that turns settings into who carries what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import httpx

from crm_graphql.core.channels import Channel
from crm_graphql.core.settings import Settings
from crm_graphql.delivery.backoff import Backoff
from crm_graphql.delivery.pace import Pace, vendor_pace
from crm_graphql.delivery.vendors.port import Vendor
from crm_graphql.delivery.vendors.simulator import SimulatorVendor


@dataclass(frozen=True, slots=True)
class Carrier:
    """A vendor, and how long this process leaves it alone: channels that share a vendor share both."""

    vendor: Vendor
    backoff: Backoff = field(default_factory=Backoff)
    pace: Pace | None = None
    """The vendor's own limit, which all campaigns share; None for none."""


Carriers = Mapping[Channel, Carrier]


def choose_vendors(settings: Settings, http: httpx.AsyncClient) -> Carriers:
    """The carrier of each channel.

    In development it is the simulator for every channel, whatever else is set: nothing leaves the machine.
    """
    return one_for_all(
        SimulatorVendor(http, settings.vendor_url, api_key=settings.vendor_api_key.get_secret_value()),
        settings,
    )


def one_for_all(vendor: Vendor, settings: Settings) -> Carriers:
    """The same carrier for every channel."""
    pace = vendor_pace(vendor.name, settings.vendor_rate_per_second)
    return dict.fromkeys(Channel, Carrier(vendor, pace=pace))
