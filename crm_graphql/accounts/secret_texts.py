"""Random secrets: how they are made, told apart, stored, and recognised.

All have 256 random bits, so that a plain SHA-256 is enough to store them: nobody can try them out.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass

from bson import ObjectId

API_KEY_PREFIX = "crmk_"
REFRESH_PREFIX = "crmr_"
"""Scanners for leaked secrets, and the log's own filter, know them by these."""

HINT_LENGTH = 9
"""Of an API key: its prefix and four characters."""

_MAX_LENGTH = 256


def new_secret(prefix: str = "") -> str:
    """A secret that goes into headers and addresses as it is."""
    return prefix + secrets.token_urlsafe(32)


def hash_of(secret: str) -> str:
    """What is stored of a secret."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True, slots=True)
class RefreshToken:
    """A refresh token's parts: its session, what all tokens of the session share, and its own turn.

    The shared part tells a token that was used before from one that was made up: only the first is a theft.
    """

    session_id: ObjectId
    family: str
    turn: str

    @classmethod
    def first(cls, session_id: ObjectId, key: bytes) -> RefreshToken:
        """The first token of a new session."""
        family = secrets.token_urlsafe(24)
        return cls(session_id, family, _turn(key, session_id, family, 1))

    @classmethod
    def read(cls, text: str) -> RefreshToken | None:
        """The parts of a token, None for what never was one."""
        if not text.startswith(REFRESH_PREFIX) or len(text) > _MAX_LENGTH:
            return None
        parts = text.removeprefix(REFRESH_PREFIX).split(".")
        if len(parts) != 3 or not all(parts) or not ObjectId.is_valid(parts[0]):
            return None
        return cls(ObjectId(parts[0]), parts[1], parts[2])

    def at_turn(self, number: int, key: bytes) -> RefreshToken:
        """The token of the session's turn `number`: always the same one for the same key.

        Two tabs that refresh at once therefore get the same successor, which is nowhere stored in plain.
        """
        return RefreshToken(self.session_id, self.family, _turn(key, self.session_id, self.family, number))

    @property
    def family_hash(self) -> str:
        """What is stored of the shared part."""
        return hash_of(self.family)

    @property
    def turn_hash(self) -> str:
        """What is stored of the turn."""
        return hash_of(self.turn)

    def __str__(self) -> str:
        """The token as a client holds it."""
        return f"{REFRESH_PREFIX}{self.session_id}.{self.family}.{self.turn}"


def _turn(key: bytes, session_id: ObjectId, family: str, number: int) -> str:
    return hmac.new(key, f"{session_id}.{family}.{number}".encode(), "sha256").hexdigest()
