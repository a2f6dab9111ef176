"""Vendors by channel: the one place that turns settings into who carries what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import httpx

from crm_graphql.core.channels import Channel
from crm_graphql.core.settings import Settings
from crm_graphql.delivery.backoff import Backoff
from crm_graphql.delivery.vendors.port import Vendor
from crm_graphql.delivery.vendors.simulator import SimulatorVendor


@dataclass(frozen=True, slots=True)
class Carrier:
    """A vendor, and how long this process leaves it alone: channels that share a vendor share both."""

    vendor: Vendor
    backoff: Backoff = field(default_factory=Backoff)


Carriers = Mapping[Channel, Carrier]


def choose_vendors(settings: Settings, http: httpx.AsyncClient) -> Carriers:
    """The carrier of each channel.

    In development it is the simulator for every channel, whatever else is set: nothing leaves the machine.
    """
    simulator = Carrier(
        SimulatorVendor(http, settings.vendor_url, api_key=settings.vendor_api_key.get_secret_value())
    )
    return dict.fromkeys(Channel, simulator)


def one_for_all(vendor: Vendor) -> Carriers:
    """The same carrier for every channel."""
    return dict.fromkeys(Channel, Carrier(vendor))
