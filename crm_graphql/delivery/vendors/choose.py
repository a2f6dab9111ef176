"""Vendors by channel: the one place that turns settings into who carries what."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import httpx

from crm_graphql.core.channels import Channel
from crm_graphql.core.settings import Settings
from crm_graphql.delivery.pace import vendor_pace
from crm_graphql.delivery.vendors.carrier import Carrier, Carriers
from crm_graphql.delivery.vendors.port import Vendor
from crm_graphql.delivery.vendors.simulator import SimulatorVendor
from crm_graphql.delivery.vendors.smtp.carrier import smtp_carrier
from crm_graphql.delivery.vendors.smtp.vendor import SmtpVendor
from crm_graphql.delivery.vendors.twilio import TwilioAccount, TwilioVendor, weight
from crm_graphql.delivery.vendors.whatsapp.vendor import WhatsappVendor, whatsapp_carrier


def choose_vendors(settings: Settings, http: httpx.AsyncClient) -> Carriers:
    """The carrier of each channel, as the settings name its vendor.

    In development it is the simulator for every channel, whatever else is set: nothing leaves the machine.
    """
    chosen = {
        Channel.EMAIL: settings.email_vendor.value,
        Channel.SMS: settings.sms_vendor.value,
        Channel.WHATSAPP: settings.whatsapp_vendor.value,
    }
    if settings.development:
        chosen = dict.fromkeys(Channel, SimulatorVendor.name)
    # One of each vendor: channels that share it share its limits.
    carriers = {name: _MAKERS[name](settings, http) for name in {*chosen.values()}}
    return {channel: carriers[name] for channel, name in chosen.items()}


def one_for_all(vendor: Vendor, settings: Settings) -> Carriers:
    """The same carrier for every channel."""
    pace = vendor_pace(vendor.name, settings.vendor_rate_per_second)
    return dict.fromkeys(Channel, Carrier(vendor, pace=pace))


def _simulator(settings: Settings, http: httpx.AsyncClient) -> Carrier:
    vendor = SimulatorVendor(http, settings.vendor_url, api_key=settings.vendor_api_key.get_secret_value())
    return Carrier(vendor, pace=vendor_pace(vendor.name, settings.vendor_rate_per_second))


def _twilio(settings: Settings, http: httpx.AsyncClient) -> Carrier:
    return Carrier(
        TwilioVendor(http, TwilioAccount.of(settings)),
        pace=vendor_pace(TwilioVendor.name, settings.twilio_segments_per_second, weigh=weight),
        sender=settings.twilio_sender,
    )


_MAKERS: Mapping[str, Callable[[Settings, httpx.AsyncClient], Carrier]] = {
    SimulatorVendor.name: _simulator,
    TwilioVendor.name: _twilio,
    SmtpVendor.name: lambda settings, _: smtp_carrier(settings),
    WhatsappVendor.name: whatsapp_carrier,
}
"""By the name that stands in the settings."""
