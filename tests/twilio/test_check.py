"""The check of Twilio's account: it logs in, sends nothing, and says what to mend."""

from __future__ import annotations

import httpx
import pytest

from crm_graphql.core.settings import SettingsError, load_settings
from crm_graphql.delivery.vendors.port import Checkable
from crm_graphql.delivery.vendors.twilio import TwilioAccount, TwilioVendor
from tests.twilio.conftest import with_account
from tests.twilio.server import KEY, KEY_SECRET, SENDER, SID, TOKEN, TwilioServer

SETTINGS = {"twilio_account_sid": SID, "twilio_auth_token": TOKEN, "twilio_sender": SENDER}


async def test_a_good_account_has_no_problem(vendor: TwilioVendor, twilio: TwilioServer) -> None:
    assert isinstance(vendor, Checkable)
    assert await vendor.check() is None
    assert (twilio.calls, twilio.sent) == (0, [])


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"token": "wrong"}, "CRM_TWILIO_AUTH_TOKEN"),
        ({"sid": "AC" + "9" * 32}, "CRM_TWILIO_ACCOUNT_SID"),
        ({"user": KEY, "password": "wrong"}, "CRM_TWILIO_API_SECRET"),
        ({"url": "http://127.0.0.1:9"}, "CRM_TWILIO_URL"),
        ({"callback_url": "http://127.0.0.1:8000/webhooks/twilio"}, "CRM_PUBLIC_URL"),
    ],
)
async def test_what_is_wrong_is_named_without_the_secret(
    http: httpx.AsyncClient,
    account: TwilioAccount,
    changes: dict[str, str],
    named: str,
) -> None:
    problem = await with_account(http, account, **changes).check()
    assert problem is not None
    assert named in problem
    assert TOKEN not in problem


async def test_a_good_key_beside_a_good_token_has_no_problem(
    http: httpx.AsyncClient, account: TwilioAccount
) -> None:
    assert await with_account(http, account, user=KEY, password=KEY_SECRET).check() is None


@pytest.mark.parametrize("status", ["suspended", "closed"])
async def test_an_account_that_is_not_active_is_told(
    vendor: TwilioVendor, twilio: TwilioServer, status: str
) -> None:
    twilio.account_status = status
    problem = await vendor.check()
    assert problem is not None
    assert f"The account is {status}" in problem


def test_settings_that_cannot_send_are_refused() -> None:
    for missing in SETTINGS:
        some = {name: value for name, value in SETTINGS.items() if name != missing}
        with pytest.raises(SettingsError, match=f"CRM_{missing.upper()}"):
            load_settings(_env_file=None, sms_vendor="twilio", **some)
    with pytest.raises(SettingsError, match="CRM_TWILIO_API_SECRET"):
        load_settings(_env_file=None, twilio_api_key=KEY)
    for sender in ("news@example.com", "+0123", "A name that is too long"):
        with pytest.raises(SettingsError, match="CRM_TWILIO_SENDER"):
            load_settings(_env_file=None, twilio_sender=sender)
    load_settings(_env_file=None, sms_vendor="twilio", **SETTINGS)


async def test_the_settings_make_the_account() -> None:
    settings = load_settings(
        _env_file=None,
        public_url="https://crm.example/",
        twilio_api_key=KEY,
        twilio_api_secret=KEY_SECRET,
        **SETTINGS,
    )
    made = TwilioAccount.of(settings)
    assert (made.user, made.password, made.token) == (KEY, KEY_SECRET, TOKEN)
    assert made.callback_url == "https://crm.example/webhooks/twilio"
