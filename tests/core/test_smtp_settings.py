"""SMTP settings: what is missing or contradicts itself is told by the name of the setting."""

from __future__ import annotations

from pathlib import Path

import pytest

from crm_graphql.core.settings import SettingsError, load_settings

NEEDED = {"email_vendor": "smtp", "smtp_host": "smtp.example.com", "smtp_sender": "news@example.com"}
PASSWORD = "a-password-of-the-relay"
KEY = "-----BEGIN RSA PRIVATE KEY-----"


def test_what_is_needed_is_enough() -> None:
    assert load_settings(_env_file=None, **NEEDED).smtp_port == 587


def test_nothing_is_needed_of_a_vendor_that_is_not_chosen() -> None:
    assert not load_settings(_env_file=None, smtp_username="somebody").smtp_host


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"smtp_host": ""}, "CRM_SMTP_HOST"),
        ({"smtp_sender": ""}, "CRM_SMTP_SENDER"),
        ({"smtp_sender": "Acme <news@example.com>"}, "CRM_SMTP_SENDER"),
        ({"smtp_sender": "news@example.com\nBcc: x@example.com"}, "CRM_SMTP_SENDER"),
        ({"smtp_bounce_address": "nobody"}, "CRM_SMTP_BOUNCE_ADDRESS"),
        ({"smtp_sender_name": "Acme\r\nBcc: x@example.com"}, "CRM_SMTP_SENDER_NAME"),
        ({"smtp_username": "somebody"}, "CRM_SMTP_PASSWORD"),
        ({"smtp_password": PASSWORD}, "CRM_SMTP_USERNAME"),
        ({"smtp_username": "x", "smtp_password": PASSWORD, "smtp_security": "none"}, "CRM_SMTP_SECURITY"),
        ({"smtp_dkim_domain": "example.com"}, "CRM_SMTP_DKIM_SELECTOR, CRM_SMTP_DKIM_KEY or"),
        ({"smtp_dkim_key": KEY}, "CRM_SMTP_DKIM_DOMAIN"),
        ({"smtp_dkim_key": KEY, "smtp_dkim_key_file": "key.pem"}, "keep one"),
        (
            {"smtp_dkim_domain": "a.example", "smtp_dkim_selector": "s", "smtp_dkim_key_file": "none.pem"},
            "CRM_SMTP_DKIM_KEY_FILE",
        ),
        ({"smtp_security": "maybe"}, "CRM_SMTP_SECURITY"),
        ({"smtp_host": "smtp.example.com:587"}, "CRM_SMTP_HOST"),
        ({"smtp_host": "ssl://smtp.example.com"}, "CRM_SMTP_HOST"),
        ({"smtp_host": "smtp\u200b.example.com"}, "CRM_SMTP_HOST"),
        ({"smtp_sender": "news@example..com"}, "CRM_SMTP_SENDER"),
        ({"smtp_sender_name": "=?utf-8?q?Acme=0D=0ABcc=3A_x?="}, "CRM_SMTP_SENDER_NAME"),
        ({"smtp_hello_name": "my host"}, "CRM_SMTP_HELLO_NAME"),
        ({"smtp_hello_name": "bücher.example"}, "CRM_SMTP_HELLO_NAME"),
        ({"smtp_ca_file": "none.pem"}, "CRM_SMTP_CA_FILE"),
        ({"smtp_dkim_domain": "news@example.com"}, "CRM_SMTP_DKIM_DOMAIN"),
        ({"smtp_dkim_domain": "bücher.example"}, "CRM_SMTP_DKIM_DOMAIN"),
        ({"smtp_dkim_selector": "s1._domainkey.example.com"}, "CRM_SMTP_DKIM_SELECTOR"),
        ({"smtp_dkim_selector": "s1; h=from"}, "CRM_SMTP_DKIM_SELECTOR"),
        ({"bounces_listen": "lmtp://127.0.0.1:8024"}, "CRM_BOUNCES_DOMAIN"),
        ({"ses_topic_arns": ["arn:aws:sqs:eu-west-1:123456789012:mail"]}, "CRM_SES_TOPIC_ARNS"),
        ({"ses_topic_arns": ["arn:aws:sns:eu-west-1:123456789012:mail:0e1f"]}, "CRM_SES_TOPIC_ARNS"),
        ({"email_vendor": "pigeon"}, "CRM_EMAIL_VENDOR"),
    ],
)
def test_what_cannot_work_names_its_setting_and_no_secret(changes: dict[str, str], named: str) -> None:
    with pytest.raises(SettingsError) as refused:
        load_settings(_env_file=None, **{**NEEDED, **changes})
    assert named in str(refused.value)
    assert PASSWORD not in str(refused.value)
    assert KEY not in str(refused.value)


@pytest.mark.parametrize(
    "host",
    ["smtp.example.com", "localhost", "192.0.2.1", "2001:db8::1", "::1", "smtp.bücher.example", "my_relay"],
)
def test_a_relay_has_a_name_or_an_address(host: str) -> None:
    assert load_settings(_env_file=None, **{**NEEDED, "smtp_host": host}).smtp_host == host


def test_a_password_may_go_to_this_machine_without_protection() -> None:
    local = {"smtp_host": "127.0.0.1", "smtp_security": "none"}
    load_settings(_env_file=None, **{**NEEDED, **local}, smtp_username="x", smtp_password=PASSWORD)


def test_dkim_is_whole_with_a_key_or_a_file(tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_text(KEY)
    named = {"smtp_dkim_domain": "example.com", "smtp_dkim_selector": "s1"}
    for key in ({"smtp_dkim_key": KEY}, {"smtp_dkim_key_file": str(tmp_path / "key.pem")}):
        load_settings(_env_file=None, **NEEDED, **named, **key)
