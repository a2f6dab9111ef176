"""Targets of clicks: every address that two readers may take for two hosts is refused."""

from __future__ import annotations

import itertools

import pytest

from crm_graphql.tracking.targets import TARGET_LIMIT, safe_target

_SCHEMES = (
    *("javascript:alert(1)//good.com/", "data:text/html,good.com", "ftp://good.com/", "//good.com/"),
    *(
        "https:good.com",
        "https:/good.com",
        "https:///good.com",
        "https:\\\\good.com",
        "/good.com",
        "good.com",
    ),
    *("vbscript:good.com", "file:///etc/passwd", "blob:https://good.com/1", "view-source:https://good.com/"),
    *("java\tscript://good.com", " https//good.com", "https//good.com", "http+unix://good.com/", ""),
)
_AUTHORITIES = (
    *("good.com@evil.com", "good.com:80@evil.com", "good.com%40evil.com", "good.com\\@evil.com"),
    *("good.com\\.evil.com", "good.com%2eevil.com", "good.com%00.evil.com", "good.com:evil.com", "good.com:"),
    *("good.com:0", "good.com:65536", "good.com:99999", "good.com:-1", "good.com:+80", "good.com:80:80"),
    *("good.com:８０", "good com", "good.com evil.com", "good..com", ".good.com", "-", "", ":80", "@", "%"),
    *("good.com\tevil.com", "good.com\nevil.com", "good.com\revil.com", "good.com\x00", "good.com\x7f"),
    *("good.com\u2028evil.com", "good.com\u200bevil.com", "good.com\u202eevil.com", "good.com\u3000evil"),
    *("[::1", "::1]", "[::1].evil.com", "[::1]evil.com", "[g::1]", "good.com,evil.com", "good.com;evil.com"),
    *("good.com|evil.com", "good.com<evil.com", 'good.com"evil.com', "good.com'evil.com", "good.com`evil"),
    *("{evil}.com", "evil$.com", "evil!.com", "evil*.com", "good.com＠evil.com", "good.com％40evil.com"),
)
_ENDS = ("", "/", "/path?next=https://good.com#x", "\\", "/\\evil.com")
HOSTILE = (
    *_SCHEMES,
    *(f"https://{authority}{end}" for authority, end in itertools.product(_AUTHORITIES, _ENDS)),
    "https://good.com/\r\nSet-Cookie: a=b",
    "https://good.com/\x00",
    "https://good.com/\x85",
    "https://good.com\\",
    "https://good.com/\\evil.com",
)


@pytest.mark.parametrize("url", HOSTILE)
def test_what_may_be_read_as_two_hosts_is_no_target(url: str) -> None:
    assert safe_target(url) is None


def test_there_are_more_than_a_hundred_of_them() -> None:
    assert len(set(HOSTILE)) > 100


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("https://shop.example/a?b=1&c=2#d", "https://shop.example/a?b=1&c=2#d"),
        ("HTTP://Shop.Example:8080/A", "http://shop.example:8080/A"),
        ("https://shop.example?x=1", "https://shop.example?x=1"),
        ("https://bücher.example/süß und sauer", "https://xn--bcher-kva.example/s%C3%BC%C3%9F%20und%20sauer"),
        (
            "https://shop.example/a%20b?next=https%3A%2F%2Fx",
            "https://shop.example/a%20b?next=https%3A%2F%2Fx",
        ),
        ("https://[2001:db8::1]:8443/", "https://[2001:db8::1]:8443/"),
        ("https://shop.example/@name?mail=a@b.c", "https://shop.example/@name?mail=a@b.c"),
        ("https://shop.example/\"<>'", "https://shop.example/%22%3C%3E'"),
    ],
)
def test_plain_addresses_are_targets_in_one_spelling(url: str, target: str) -> None:
    assert safe_target(url) == target
    assert safe_target(target) == target


def test_an_address_that_mail_clients_would_cut_is_none() -> None:
    base = "https://shop.example/"
    assert safe_target(base + "a" * (TARGET_LIMIT - len(base))) is not None
    assert safe_target(base + "a" * (TARGET_LIMIT - len(base) + 1)) is None
    assert safe_target(base + "ü" * (TARGET_LIMIT // 5)) is None
