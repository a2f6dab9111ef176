"""Access tokens: what is let in, and everything that is not."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta

import jwt
import pytest
from pydantic import SecretStr

from crm_graphql.accounts.tokens import mint_token, read_token
from crm_graphql.core.actor import Role
from crm_graphql.core.errors import Unauthenticated
from crm_graphql.core.settings import Settings, SettingsError

KEY = "a-key-of-tests-5fW8qZr2TnXb7LmC-long-enough"
SETTINGS = Settings(_env_file=None, secret_key=SecretStr(KEY))
HOUR = timedelta(hours=1)


def _claims(**changes: object) -> dict[str, object]:
    now = datetime.now(UTC)
    claims: dict[str, object] = {
        "iss": "crm-graphql",
        "aud": "crm-graphql",
        "sub": "operator",
        "role": "ADMIN",
        "iat": now,
        "exp": now + HOUR,
        "jti": "1",
    }
    return {name: value for name, value in (claims | changes).items() if value is not None}


@pytest.mark.parametrize("role", list(Role))
def test_a_token_tells_its_role_and_subject(role: Role) -> None:
    actor = read_token(SETTINGS, mint_token(SETTINGS, role, HOUR, subject="shop-1"))
    assert (actor.role, actor.subject) == (role, "shop-1")


def test_two_tokens_are_never_the_same() -> None:
    assert mint_token(SETTINGS, Role.ADMIN, HOUR) != mint_token(SETTINGS, Role.ADMIN, HOUR)


def test_an_expired_token_is_refused_and_says_so() -> None:
    with pytest.raises(Unauthenticated, match="expired"):
        read_token(SETTINGS, mint_token(SETTINGS, Role.ADMIN, timedelta(seconds=-6)))


def test_clocks_may_lie_a_few_seconds_apart() -> None:
    assert read_token(SETTINGS, mint_token(SETTINGS, Role.ADMIN, timedelta(seconds=-2))).role is Role.ADMIN


def test_a_token_of_another_key_is_refused() -> None:
    other = Settings(_env_file=None, secret_key=SecretStr("another-key-9dKs3Hq7VtYw2PxN6-long-enough"))
    with pytest.raises(Unauthenticated, match="not valid here"):
        read_token(SETTINGS, mint_token(other, Role.ADMIN, HOUR))


def test_no_bit_of_a_token_can_be_changed() -> None:
    head, body, signature = mint_token(SETTINGS, Role.VIEWER, HOUR).split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=="))
    raised = base64.urlsafe_b64encode(json.dumps(claims | {"role": "ADMIN"}).encode()).rstrip(b"=").decode()
    with pytest.raises(Unauthenticated):
        read_token(SETTINGS, f"{head}.{raised}.{signature}")


@pytest.mark.parametrize("algorithm", ["none", "HS512"])
def test_the_header_does_not_choose_the_algorithm(algorithm: str) -> None:
    forged = jwt.encode(_claims(), "" if algorithm == "none" else KEY * 2, algorithm=algorithm)
    with pytest.raises(Unauthenticated):
        read_token(SETTINGS, forged)


@pytest.mark.parametrize("missing", ["iss", "aud", "sub", "role", "iat", "exp", "jti"])
def test_every_claim_is_required(missing: str) -> None:
    with pytest.raises(Unauthenticated):
        read_token(SETTINGS, jwt.encode(_claims(**{missing: None}), KEY, algorithm="HS256"))


@pytest.mark.parametrize(
    ("claim", "value"),
    [
        ("iss", "elsewhere"),
        ("aud", "elsewhere"),
        ("role", "ROOT"),
        ("role", 1),
        ("role", ["ADMIN"]),
        ("sub", 7),
        ("iat", datetime.now(UTC) + HOUR),
    ],
)
def test_a_claim_of_another_value_is_refused(claim: str, value: object) -> None:
    with pytest.raises(Unauthenticated):
        read_token(SETTINGS, jwt.encode(_claims(**{claim: value}), KEY, algorithm="HS256"))


@pytest.mark.parametrize("text", ["", "x", "a.b.c", "é.é.é", "." * 5000, "\x00"])
def test_what_is_no_token_is_refused(text: str) -> None:
    with pytest.raises(Unauthenticated):
        read_token(SETTINGS, text)


@pytest.mark.parametrize("key", ["", "short"])
@pytest.mark.filterwarnings("ignore:.*HMAC key")
def test_without_a_real_key_nothing_is_signed_and_nobody_comes_in(key: str) -> None:
    keyless = Settings(_env_file=None, secret_key=SecretStr(key))
    with pytest.raises(SettingsError, match="CRM_SECRET_KEY"):
        mint_token(keyless, Role.ADMIN, HOUR)
    with pytest.raises(Unauthenticated):
        read_token(keyless, jwt.encode(_claims(), key or "x", algorithm="HS256"))
