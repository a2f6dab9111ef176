"""Settings that cannot work stop the start and name the variable."""

from __future__ import annotations

import pytest

from crm_graphql.core.settings import SettingsError, load_settings

STRONG = "4fK2pQ9xLm4RzVw8YbNc3HdJ0sTgUeXa7i"


def test_a_bad_value_names_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRM_PARTITIONS", "many")
    with pytest.raises(SettingsError, match="CRM_PARTITIONS"):
        load_settings(_env_file=None)


@pytest.mark.parametrize("secret", ["", "short", "a" * 64])
def test_a_missing_or_weak_secret_names_its_variable(secret: str) -> None:
    settings = load_settings(_env_file=None, secret_key=STRONG, webhook_secret=secret)
    with pytest.raises(SettingsError, match="CRM_WEBHOOK_SECRET"):
        settings.require_secrets()


def test_strong_secrets_are_taken() -> None:
    load_settings(_env_file=None, secret_key=STRONG, webhook_secret=STRONG).require_secrets()


def test_a_vendor_deadline_beyond_the_lease_is_refused() -> None:
    with pytest.raises(SettingsError, match="CRM_VENDOR_DEADLINE_SECONDS"):
        load_settings(_env_file=None, vendor_deadline_seconds=60, lease_seconds=30)


def test_secrets_do_not_show_in_a_printed_object() -> None:
    assert STRONG not in repr(load_settings(_env_file=None, secret_key=STRONG))
