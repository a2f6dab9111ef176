"""Passwords: which are taken, and how they are hashed without a flood of them taking the machine down.

The rules follow NIST SP 800-63B: length and a check against well-known passwords, no rules of composition, no
expiry. Twelve characters, where the guideline asks for eight with and fifteen without a further factor,
because online guessing is slowed down per account and address (`throttle`) and offline guessing by Argon2id.
"""

from __future__ import annotations

import asyncio
import functools
import secrets
import unicodedata
from collections.abc import Callable
from importlib.resources import files
from typing import TypeVar

from pwdlib import PasswordHash
from pwdlib.exceptions import PwdlibError
from pwdlib.hashers.argon2 import Argon2Hasher

from crm_graphql.core.errors import InvalidInput, RequiredInput, Unavailable
from crm_graphql.core.settings import Settings
from crm_graphql.core.texts import is_storable

MIN_LENGTH = 12
MAX_LENGTH = 256
HASHES_AT_ONCE = 2
"""Threads that hash in one process: the memory that hashing takes is this times the setting."""
HASHES_WAITING = 64
"""More than so many waiting would all time out; the next one is told to come again."""

_SHORTEST_PART = 4
Result = TypeVar("Result")


def normalized(password: str) -> str:
    """The password as it is hashed: the same keys give the same text on every system (NFKC)."""
    return unicodedata.normalize("NFKC", password)


def check_password(password: str, *, email: str, path: str) -> None:
    """Raise RequiredInput for no password, InvalidInput for one that is too easy to guess or unusable, naming
    the input's `path`."""
    text = normalized(password)
    if not text:
        raise RequiredInput("A password is needed.", path=(path,))
    if len(text) < MIN_LENGTH:
        raise InvalidInput(f"A password has at least {MIN_LENGTH} characters.", path=(path,))
    if len(text) > MAX_LENGTH or not is_storable(text):
        raise InvalidInput(f"A password is a text of at most {MAX_LENGTH} characters.", path=(path,))
    if _is_easy(text.casefold(), email.casefold()):
        raise InvalidInput(
            "This password is easy to guess: a well-known one, a simple pattern, or made of the address. "
            "Take several words that have nothing to do with each other.",
            path=(path,),
        )


def _is_easy(text: str, email: str) -> bool:
    if len(set(text)) < 5:
        return True
    local, _, domain = email.partition("@")
    known = [part for part in (email, local, domain.partition(".")[0]) if len(part) >= _SHORTEST_PART]
    left = text
    for word in sorted({*known, "crm"}, key=len, reverse=True):
        left = left.replace(word, "")
    # What is left of a known word and some digits or signs is not much of a secret.
    if known and any(word in text for word in known) and len(left) < 8:
        return True
    bare = text.strip("0123456789!?.@#$%&*-_+ ")
    plain = "".join(sign for sign in text if sign.isalnum())
    common = common_passwords()
    if {text, bare, plain} & common or _is_run(plain):
        return True
    for size in range(1, len(text) // 2 + 1):
        if len(text) % size == 0 and text[:size] * (len(text) // size) == text and size <= 8:
            return True
    return any(bare == word * 2 or plain == word * 2 for word in common)


def _is_run(text: str) -> bool:
    """Whether it goes straight up or down the alphabet, the digits, or a row of the keyboard."""
    rows = (
        "abcdefghijklmnopqrstuvwxyz" * 2,
        "0123456789" * 3,
        "qwertyuiopasdfghjklzxcvbnm",
        "1qaz2wsx3edc4rfv",
    )
    return len(text) >= 6 and any(text in row or text[::-1] in row for row in rows)


@functools.cache
def common_passwords() -> frozenset[str]:
    """The best-known passwords and their stems, in folded case; shipped with the package."""
    text = files("crm_graphql.accounts").joinpath("common_passwords.txt").read_text(encoding="utf-8")
    return frozenset(line.strip() for line in text.splitlines() if line and not line.startswith("#"))


class Passwords:
    """Hashes and verifies in threads, a few at once, so that the event loop and the memory stand a flood."""

    def __init__(self, settings: Settings) -> None:
        hasher = Argon2Hasher(
            time_cost=settings.password_hash_passes,
            memory_cost=settings.password_hash_memory_kib,
            parallelism=1,
        )
        self._hashing = PasswordHash((hasher,))
        self._turns = asyncio.Semaphore(HASHES_AT_ONCE)
        self._waiting = 0
        self._dummy: str | None = None

    async def hash(self, password: str) -> str:
        """The Argon2id hash to store. Raises Unavailable when too many wait."""
        return await self._run(lambda: self._hashing.hash(normalized(password)))

    async def verify(self, password: str, stored: str | None) -> tuple[bool, str | None]:
        """Whether it is the password, and a new hash to store where the parameters have been raised since.

        Without a stored hash the answer is no, after the same work: time does not tell who has an account.
        Raises Unavailable when too many wait.
        """
        text = normalized(password[: MAX_LENGTH * 4])
        if stored is None:
            dummy = self._dummy or await self.hash(secrets.token_urlsafe(16))
            self._dummy = dummy
            await self._run(lambda: self._hashing.verify_and_update(text, dummy))
            return False, None
        try:
            return await self._run(lambda: self._hashing.verify_and_update(text, stored))
        except PwdlibError:
            return False, None

    async def prepare(self) -> None:
        """Make the hash that unknown addresses are verified against, so that not even the first one tells."""
        self._dummy = self._dummy or await self.hash(secrets.token_urlsafe(16))

    async def _run(self, work: Callable[[], Result]) -> Result:
        if self._waiting >= HASHES_WAITING:
            raise Unavailable("Too many sign in at this moment. Try again in some seconds.")
        self._waiting += 1
        try:
            async with self._turns:
                return await asyncio.to_thread(work)
        finally:
            self._waiting -= 1
