"""Access tokens: what is let in, and everything that is not."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from bson import ObjectId
from cryptography.hazmat.primitives.asymmetric import ec
from pydantic import SecretStr

from crm_graphql.accounts.tokens import TOKEN_TYPE, key_id, mint_token, mint_user_token, read_token
from crm_graphql.core.actor import ActorKind, Role
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
        "nbf": now,
        "exp": now + HOUR,
        "jti": "1",
    }
    return {name: value for name, value in (claims | changes).items() if value is not None}


def _signed(claims: dict[str, object], key: str = KEY, algorithm: str = "HS256", **header: Any) -> str:
    """A token that is right in all that is not said."""
    headers = {"typ": TOKEN_TYPE, "kid": key_id(KEY), **header}
    return jwt.encode(claims, key, algorithm=algorithm, headers=headers)


def test_a_token_made_here_by_hand_is_good_so_that_each_test_below_refuses_one_thing() -> None:
    assert read_token(SETTINGS, _signed(_claims())).role is Role.ADMIN


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


@pytest.mark.parametrize("algorithm", ["none", "HS384", "HS512"])
@pytest.mark.filterwarnings("ignore:.*HMAC key")
def test_the_header_does_not_choose_the_algorithm(algorithm: str) -> None:
    forged = _signed(_claims(), "" if algorithm == "none" else KEY, algorithm)
    with pytest.raises(Unauthenticated):
        read_token(SETTINGS, forged)


@pytest.mark.parametrize("missing", ["iss", "aud", "sub", "role", "iat", "nbf", "exp", "jti"])
def test_every_claim_is_required(missing: str) -> None:
    with pytest.raises(Unauthenticated):
        read_token(SETTINGS, _signed(_claims(**{missing: None})))


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
        ("nbf", datetime.now(UTC) + HOUR),
        ("sid", "nonsense"),
        ("sid", "0" * 24),
    ],
)
def test_a_claim_of_another_value_is_refused(claim: str, value: object) -> None:
    with pytest.raises(Unauthenticated):
        read_token(SETTINGS, _signed(_claims(**{claim: value})))


@pytest.mark.parametrize(
    "header", [{"typ": "JWT"}, {"kid": "0" * 16}, {"kid": ""}, {"kid": "../../dev/null"}]
)
def test_another_type_or_key_id_is_refused(header: dict[str, Any]) -> None:
    with pytest.raises(Unauthenticated):
        read_token(SETTINGS, _signed(_claims(), **header))


def test_an_asymmetric_token_is_refused_whatever_key_it_brings() -> None:
    private = ec.generate_private_key(ec.SECP256R1())
    headers = {"typ": TOKEN_TYPE, "kid": key_id(KEY), "jku": "https://evil.example/keys"}
    with pytest.raises(Unauthenticated):
        read_token(SETTINGS, jwt.encode(_claims(), private, algorithm="ES256", headers=headers))


def test_a_new_key_signs_from_now_on_and_tokens_of_the_old_one_stay_good() -> None:
    new = "the-new-key-of-tests-3bQ9vX4tLs8RkP6d-long-enough"
    old_token = mint_token(SETTINGS, Role.VIEWER, HOUR)
    rotated = Settings(_env_file=None, secret_key=SecretStr(new), previous_secret_keys=[SecretStr(KEY)])
    assert read_token(rotated, old_token).role is Role.VIEWER
    new_token = mint_token(rotated, Role.VIEWER, HOUR)
    assert jwt.get_unverified_header(new_token)["kid"] == key_id(new)
    with pytest.raises(Unauthenticated):
        read_token(SETTINGS, new_token)
    with pytest.raises(Unauthenticated):
        read_token(Settings(_env_file=None, secret_key=SecretStr(new)), old_token)


def test_a_users_token_names_user_session_and_end() -> None:
    user, session = ObjectId(), ObjectId()
    token, expires_at = mint_user_token(
        SETTINGS, user_id=user, session_id=session, role=Role.MARKETER, email="a@b.example", access_version=3
    )
    actor = read_token(SETTINGS, token)
    assert (actor.kind, actor.role, actor.label) == (ActorKind.USER, Role.MARKETER, "a@b.example")
    assert (actor.user_id, actor.session_id, actor.access_version) == (user, session, 3)
    assert actor.expires_at == expires_at
    assert timedelta(0) < expires_at - datetime.now(UTC) <= timedelta(seconds=900)


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
