"""Addresses of users: what is one, how two are compared, and keys from before they were compared so."""

from __future__ import annotations

import re
import unicodedata

from pymongo.errors import DuplicateKeyError
from structlog import get_logger

from crm_graphql.accounts.documents import User
from crm_graphql.core.emails import REPLACEMENT, plain_email
from crm_graphql.core.errors import InvalidInput, RequiredInput
from crm_graphql.core.texts import is_storable

EMAIL_LENGTH = 254
_EMAIL = re.compile(r"[^\s@<>\"(),:;\\\[\]]{1,64}@[^\s@<>\"(),:;\\\[\]]+\.[^\s@<>\"(),:;\\\[\].]{2,}")
_NOT_ASCII = r"[^\x00-\x7f]"

_log = get_logger(__name__)


def checked_email(raw: str) -> str:
    """The address as it is stored, without invisible signs. Raises InvalidInput for what is none,
    RequiredInput for nothing."""
    email = plain_email(raw)
    if not email:
        raise RequiredInput("An address is needed.", path=("email",))
    if REPLACEMENT in email:
        raise InvalidInput(
            "This holds U+FFFD: a program could not read a sign of it. Give the real address.",
            path=("email",),
        )
    if len(email) > EMAIL_LENGTH or not _EMAIL.fullmatch(email) or not is_storable(email):
        raise InvalidInput("This is not an email address like ann@example.com.", path=("email",))
    return email


def email_key(email: str) -> str:
    """The address as it is compared: neither case, invisible signs nor another form of letters count."""
    return plain_email(email).casefold()


def keys_of(email: str) -> list[str]:
    """The keys under which a user with this address may stand, the one that counts first.

    Keys once held invisible signs. Where two users differ in such signs alone, each keeps the key that they
    have always signed in with.
    """
    found = (_key_with_signs(email), email_key(email))
    return [key for key in dict.fromkeys(found) if is_storable(key)]


def _key_with_signs(email: str) -> str:
    return unicodedata.normalize("NFKC", email.strip()).casefold()


async def renew_keys() -> None:
    """Give users whose key holds invisible signs the key without, unless somebody else has it.

    Any process may do it at any time, several at once.
    """
    users = User.get_pymongo_collection()
    async for user in users.find({"email_key": {"$regex": _NOT_ASCII}}, {"email": 1, "email_key": 1}):
        renewed = {"email": plain_email(user["email"]), "email_key": email_key(user["email"])}
        if renewed["email_key"] == user["email_key"]:
            continue
        kept = {"_id": user["_id"], "email_key": user["email_key"]}
        try:
            await users.update_one(kept, {"$set": renewed})
        except DuplicateKeyError:
            _log.warning("two users share an address but for invisible signs", user_id=str(user["_id"]))
