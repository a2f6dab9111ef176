"""Settings that cannot work stop the start and name the variable."""

from __future__ import annotations

from typing import get_origin

import pytest

from crm_graphql.core.settings import Settings, SettingsError, load_settings

TOPICS = "arn:aws:sns:eu-west-1:123456789012:"
STRONG = "4fK2pQ9xLm4RzVw8YbNc3HdJ0sTgUeXa7i"
STRONG_WEBHOOK = "4fK2pQ9xLm4RzVw8YbNc3HdJ0sTgUeXa7iK0qZ1="
LISTS = sorted(
    name
    for name, field in Settings.model_fields.items()
    # What is in this one is checked.
    if get_origin(field.annotation) is list and name != "media_types"
)


def test_a_bad_value_names_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRM_PARTITIONS", "many")
    with pytest.raises(SettingsError, match="CRM_PARTITIONS"):
        load_settings(_env_file=None)


@pytest.mark.parametrize(
    "secret",
    [
        "",
        "short",
        "a" * 64,
        "whsec_" + "A" * 64,
        # No base64, though long: what checks signatures would leave the hyphens out.
        "4fK2pQ9xLm4RzVw8YbNc3HdJ-sTgUeXa7i-4fK2pQ9xLm4Rz",
        # 17 bytes, and text around them.
        "whsec_4fK2pQ9xLm4RzVw8YbNc3HdJ",
        "whsec_4fK2pQ9xLm4RzVw8YbNc3Hc=, and more",
    ],
)
def test_a_missing_or_weak_secret_names_its_variable(secret: str) -> None:
    settings = load_settings(_env_file=None, secret_key=STRONG, webhook_secret=secret)
    with pytest.raises(SettingsError, match="CRM_WEBHOOK_SECRET"):
        settings.require_secrets()


def test_strong_secrets_are_taken() -> None:
    for secret in (STRONG_WEBHOOK, f"whsec_{STRONG_WEBHOOK}"):
        load_settings(_env_file=None, secret_key=STRONG, webhook_secret=secret).require_secrets()


def test_a_vendor_deadline_beyond_the_lease_is_refused() -> None:
    with pytest.raises(SettingsError, match="CRM_VENDOR_DEADLINE_SECONDS"):
        load_settings(_env_file=None, vendor_deadline_seconds=60, lease_seconds=30)


def test_secrets_do_not_show_in_a_printed_object() -> None:
    assert STRONG not in repr(load_settings(_env_file=None, secret_key=STRONG))


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("http://localhost", ["http://localhost"]),
        (" http://a.example , http://b.example, ", ["http://a.example", "http://b.example"]),
        ('["http://a.example", "http://b.example"]', ["http://a.example", "http://b.example"]),
        ("[]", []),
        ("", []),
    ],
)
def test_every_list_is_read_as_it_is_meant(
    name: str, written: str, meant: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    if name == "ses_topic_arns":
        # Anything else is refused.
        written, *meant = (text.replace("http://", TOPICS) for text in (written, *meant))
    monkeypatch.setenv(f"CRM_{name.upper()}", written)
    read = getattr(load_settings(_env_file=None), name)
    assert [getattr(item, "get_secret_value", lambda item=item: item)() for item in read] == meant


@pytest.mark.parametrize("name", LISTS)
def test_a_broken_list_names_its_variable_and_shows_no_secret(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"CRM_{name.upper()}", f'["{STRONG}')
    with pytest.raises(SettingsError, match=f"CRM_{name.upper()}") as refused:
        load_settings(_env_file=None)
    assert STRONG not in str(refused.value)


@pytest.mark.parametrize("written", ["[1]", '[["http://a.example"]]', '[{"a": 1}]', "[null]"])
@pytest.mark.parametrize("name", LISTS)
def test_a_list_of_something_else_than_texts_says_what_to_write(
    name: str, written: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"CRM_{name.upper()}", written)
    with pytest.raises(SettingsError) as refused:
        load_settings(_env_file=None)
    assert str(refused.value).startswith(
        f"CRM_{name.upper()}: it is a JSON list of something else than texts"
    )
    assert 'write a, b or ["a", "b"]' in str(refused.value)


def test_a_secret_that_holds_a_comma_is_written_as_json(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRM_PREVIOUS_SECRET_KEYS", f'["{STRONG},{STRONG}"]')
    (secret,) = load_settings(_env_file=None).previous_secret_keys
    assert secret.get_secret_value() == f"{STRONG},{STRONG}"
