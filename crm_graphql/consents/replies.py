"""Replies to messages by which people close and open their address: STOP and START in several languages.

Carriers, and the law of several countries, want these words understood. Only a whole reply counts, with or
without a please: "stop by tomorrow" says nothing of messages. Whoever replies need not be a customer: what is
closed is the address.
"""

from __future__ import annotations

import unicodedata
from datetime import datetime
from enum import Enum

from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.errors import DuplicateKeyError

from crm_graphql.consents.addresses import hash_key, hashed
from crm_graphql.consents.documents import HeardReply, Suppression, SuppressionReason
from crm_graphql.consents.suppress import NewSuppression, lift, store
from crm_graphql.core.channels import Channel
from crm_graphql.mongo.transactions import Transact


class Reply(Enum):
    """What a reply says of further messages."""

    STOP = "STOP"
    START = "START"


STOP_WORDS = frozenset(
    {
        # English: what carriers want, and what people write.
        *("stop", "stopall", "stop all", "unsubscribe", "cancel", "end", "quit"),
        *("revoke", "optout", "opt out"),
        # What the button says that WhatsApp puts below marketing.
        "stop promotions",
        # German
        *("stopp", "abmelden", "abbestellen", "ende", "beenden", "abbrechen"),
        # French
        *("arret", "arreter", "desabonner", "desinscrire", "desinscription", "annuler"),
        # Spanish
        *("alto", "parar", "baja", "cancelar", "detener", "desuscribir"),
        # Norwegian
        *("avslutt", "avmeld", "meld av", "slutt"),
    }
)
"""Without accents, in small letters."""
START_WORDS = frozenset(
    {*("start", "unstop", "anmelden", "demarrer", "iniciar", "empezar"), *("pameld", "meld pa")}
)
"""What takes a STOP back; YES is none, for it replies to all kinds of questions."""
_COURTESY = frozenset(
    {"please", "pls", "plz", "thanks", "bitte", "danke", "svp", "merci", "por", "favor", "gracias", "takk"}
)
_LONGEST = 32
_PLAIN = str.maketrans({"ß": "ss", "ø": "o", "æ": "ae", "ł": "l"})


def reply_in(text: str) -> Reply | None:
    """What a reply says, whatever its case, accents, courtesy, and marks around it; None where it is no such
    word."""
    text = text.strip()
    if len(text) > 4 * _LONGEST:
        return None
    # Letters of another form (fullwidth, mathematical) have a case only once they are plain ones.
    plain = unicodedata.normalize("NFKC", text).casefold().translate(_PLAIN)
    letters = "".join(filter(None, map(_letter, unicodedata.normalize("NFKD", plain))))
    words = " ".join(one for one in dict.fromkeys(letters.split()) if one not in _COURTESY)
    if words in STOP_WORDS:
        return Reply.STOP
    return Reply.START if words in START_WORDS else None


def _letter(character: str) -> str:
    """A letter or digit as it is, nothing for what cannot be seen by itself, a space for any other mark."""
    if unicodedata.category(character) in ("Mn", "Cf"):
        return ""
    return character if character.isalnum() else " "


async def hear(
    reply: Reply, channel: Channel, address: str, *, source: str, now: datetime, transact: Transact
) -> bool:
    """Close the compared address, or open it where it was closed by a reply and by nothing else.

    `source` names the message that said it, for ever: what is heard twice counts once, also where the person
    said the contrary since. True for what is new.
    """

    async def work(session: AsyncClientSession) -> bool:
        heard = {"_id": source, "heard_at": now}
        await HeardReply.get_pymongo_collection().insert_one(heard, session=session)
        if reply is Reply.STOP:
            await close([address], channel, now=now, session=session)
        else:
            await _open(address, channel, session)
        return True

    try:
        return await transact(work)
    except DuplicateKeyError as error:
        if "_id" not in (error.details or {}).get("keyPattern", {}):
            raise
        return False


async def close(
    addresses: list[str], channel: Channel, *, now: datetime, session: AsyncClientSession | None = None
) -> None:
    """Suppress compared addresses whose people said STOP, so that their START opens them again. One that is
    suppressed already stays as it is. Idempotent."""
    reason = SuppressionReason.UNSUBSCRIBED
    wanted = [NewSuppression(channel, address, reason, now, by_reply=True) for address in {*addresses}]
    await store(wanted, session=session)


async def _open(address: str, channel: Channel, session: AsyncClientSession) -> None:
    row = await Suppression.get_pymongo_collection().find_one_and_delete(
        {"channel": channel.value, "key": hashed(address, await hash_key()), "by_reply": True},
        session=session,
    )
    if row is not None:
        await lift(row, session=session)
