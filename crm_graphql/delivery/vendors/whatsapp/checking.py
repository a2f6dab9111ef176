"""Check of the account: what keeps it from sending, told so that a person can mend it. Sends nothing."""

from __future__ import annotations

from collections.abc import Awaitable

import msgspec

from crm_graphql.delivery.vendors.whatsapp.codes import Refusal, refusal_of
from crm_graphql.whatsapp.graph import GraphApi, GraphAway, GraphRefused, GraphSilent

_SECONDS = 8.0
_FIELDS = "display_phone_number,quality_rating,status,code_verification_status"
_READY = frozenset({None, "CONNECTED"})
_TOKEN = 190


class _Number(msgspec.Struct):
    display_phone_number: str | None = None
    status: str | None = None


_number = msgspec.json.Decoder(_Number)


async def problem_of(api: GraphApi) -> str | None:
    """What is wrong with token, number or account, in a sentence; None where nothing is."""
    answer = await _asked(
        api.get(api.phone_number_id, {"fields": _FIELDS}, seconds=_SECONDS),
        "CRM_WHATSAPP_PHONE_NUMBER_ID is no number that the token may use (its id, not the number itself)",
    )
    if isinstance(answer, str):
        return answer
    try:
        number = _number.decode(answer)
    except msgspec.DecodeError:
        return "CRM_WHATSAPP_GRAPH_URL does not answer as the Graph API does."
    if number.display_phone_number is None:
        return "CRM_WHATSAPP_PHONE_NUMBER_ID is the id of something else than a phone number."
    if number.status not in _READY:
        return f"The number {number.display_phone_number} is {number.status}; WhatsApp Manager says why."
    templates = await _asked(
        api.get(f"{api.account_id}/message_templates", {"limit": "1", "fields": "name"}, seconds=_SECONDS),
        "CRM_WHATSAPP_ACCOUNT_ID is no WhatsApp Business Account whose templates the token may read",
    )
    return templates if isinstance(templates, str) else None


async def _asked(call: Awaitable[bytes], meaning: str) -> bytes | str:
    """The answer, or what is wrong."""
    try:
        return await call
    except GraphAway as error:
        return f"The Graph API (CRM_WHATSAPP_GRAPH_URL) {error}."
    except GraphSilent as error:
        return f"The Graph API does not answer: {error}. Its own status page may say more."
    except GraphRefused as error:
        if error.code == _TOKEN or error.status == 401:
            return f"CRM_WHATSAPP_ACCESS_TOKEN is not good (any more): {error.text}"
        if refusal_of(error.code, error.status) is Refusal.SLOWER:
            return f"The account is over its limits just now: {error.text}"
        return f"{meaning}: {error.text}"
