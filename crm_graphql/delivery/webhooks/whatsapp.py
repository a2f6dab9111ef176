"""The door of Meta's webhooks: handshake, signature, and every entry of a call by itself."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable, Iterator, Mapping
from functools import partial
from typing import Any

import msgspec
from structlog import get_logger

from crm_graphql.core.errors import Forbidden, InvalidInput, Unauthenticated
from crm_graphql.delivery.vendors.whatsapp.pausing import heed_template
from crm_graphql.delivery.vendors.whatsapp.vendor import number_pace
from crm_graphql.delivery.webhooks.port import Call, DoorTools, Entrance, EntryProblem, Parsed, Reply
from crm_graphql.delivery.webhooks.whatsapp_statuses import ReadStatus, follow_statuses, read_status
from crm_graphql.mongo.transient import is_transient
from crm_graphql.whatsapp.hearing import Ears, hear, heed
from crm_graphql.whatsapp.template_parts import APPROVED
from crm_graphql.whatsapp.told import read_contacts, read_message, read_preference

_SIGNATURE = "x-hub-signature-256"
_BODY_LIMIT_BYTES = 4 * 1024 * 1024
"""Meta's own limit is 3 MB; a call that is refused comes again as large as it was."""
_EACH_WAY_SECONDS = 3600.0
"""What comes in counts in the number's pace, however far ahead that is."""
_log = get_logger(__name__)


class _Body(msgspec.Struct):
    entry: list[msgspec.Raw]


class _Entry(msgspec.Struct):
    changes: list[msgspec.Raw]
    id: str | int | None = None
    """Of the WhatsApp Business Account."""


class _Change(msgspec.Struct):
    field: str
    value: msgspec.Raw


class _Metadata(msgspec.Struct):
    phone_number_id: str | None = None


class _Value(msgspec.Struct):
    metadata: _Metadata | None = None
    contacts: list[msgspec.Raw] = []
    statuses: list[msgspec.Raw] = []
    messages: list[msgspec.Raw] = []
    user_preferences: list[msgspec.Raw] = []


class _Pause(msgspec.Struct):
    title: str | None = None


class _TemplateStatus(msgspec.Struct):
    event: str
    message_template_id: int | str
    message_template_name: str
    message_template_language: str
    reason: str | None = None
    other_info: _Pause | None = None


_body = msgspec.json.Decoder(_Body)
_entry = msgspec.json.Decoder(_Entry)
_change = msgspec.json.Decoder(_Change)
_value = msgspec.json.Decoder(_Value)
_template = msgspec.json.Decoder(_TemplateStatus)

Work = Callable[[], Awaitable[Any]]


class WhatsappDoor:
    """Meta's door. What it tells comes in any order, more than once, and for up to seven days."""

    def __init__(self, tools: DoorTools) -> None:
        self._tools = tools
        self._now = tools.clock.now()
        self._statuses: list[ReadStatus] = []
        self._problems: list[EntryProblem] = []
        self._works: list[Work] = []
        self._messages = 0
        self._index = 0

    async def verify(self, call: Call) -> None:
        """The signature is of the bytes as they came: Meta escapes what is no ASCII, and no JSON library
        writes the same again."""
        secret = self._tools.settings.whatsapp_app_secret.get_secret_value()
        made = "sha256=" + hmac.digest(secret.encode(), call.body, "sha256").hex()
        given = call.headers.get(_SIGNATURE) or ""
        if not hmac.compare_digest(made.encode(), given.encode("utf-8", "surrogateescape")):
            raise Unauthenticated(
                f"The signature ({_SIGNATURE}) does not hold: the app's secret is CRM_WHATSAPP_APP_SECRET."
            )

    async def parse(self, call: Call) -> Parsed:
        """What every entry says; one that cannot be read keeps none of the others back."""
        try:
            entries = _body.decode(call.body).entry
        except (ValueError, RecursionError) as error:
            raise InvalidInput(f"The body is no call of Meta's: {error}") from None
        for account, change in self._changes(entries):
            self._read(account, change)
        return Parsed([one.notice for one in self._statuses], self._problems, self._then)

    def _changes(self, entries: list[msgspec.Raw]) -> Iterator[tuple[str, _Change]]:
        """Each with the account that it is of."""
        for raw in entries:
            for entry in self._each(raw, _entry.decode, lambda entry: [entry]):
                for change in entry.changes:
                    for found in self._each(change, _change.decode, lambda found: [found]):
                        yield str(entry.id or ""), found

    def _each(self, raw: msgspec.Raw, decode: Callable[[Any], Any], parts: Callable[[Any], Any]) -> Any:
        try:
            return parts(decode(raw))
        except (ValueError, RecursionError) as error:
            self._problem(str(error))
            return ()

    def _read(self, account: str, change: _Change) -> None:
        if change.field == "message_template_status_update":
            # An app may serve several accounts, whose templates bear the same names.
            if account in ("", self._tools.settings.whatsapp_account_id):
                self._each(change.value, _template.decode, self._note_template)
        elif change.field in ("messages", "user_preferences"):
            self._each(change.value, _value.decode, self._read_value)

    def _note_template(self, told: _TemplateStatus) -> None:
        is_resumed = told.other_info is not None and told.other_info.title == "UNPAUSE"
        event = APPROVED if is_resumed else told.event
        self._works.append(
            partial(
                heed_template,
                *(str(told.message_template_id), event, told.message_template_name),
                *(told.message_template_language, told.reason),
                bus=self._tools.bus,
            )
        )

    def _read_value(self, value: _Value) -> None:
        for raw in value.statuses:
            if (status := self._one(read_status, raw, self._now)) is not None:
                self._statuses.append(status)
        if not self._is_ours(value):
            return
        tools, contacts = self._tools, read_contacts(value.contacts)
        ears = Ears(tools.settings, tools.transact, tools.bus)
        for raw in value.messages:
            self._messages += 1
            if (heard := self._one(read_message, raw, contacts, self._now)) is not None:
                self._works.append(partial(hear, heard, ears))
        for raw in value.user_preferences:
            if (preferred := self._one(read_preference, raw, contacts, self._now)) is not None:
                self._works.append(partial(heed, preferred, ears))

    def _one(self, read: Callable[..., Any], *what: Any) -> Any:
        index, self._index = self._index, self._index + 1
        try:
            return read(*what)
        except (ValueError, RecursionError) as error:
            self._problem(str(error), index)
            return None

    def _problem(self, message: str, index: int | None = None) -> None:
        self._problems.append(EntryProblem(self._index if index is None else index, message[:200]))

    def _is_ours(self, value: _Value) -> bool:
        """Windows are with a number: what people write to another one of the app opens none here."""
        number = value.metadata and value.metadata.phone_number_id
        return number in (None, self._tools.settings.whatsapp_phone_number_id)

    async def _then(self) -> None:
        """Make durable what people said. What fails by its own fault keeps the others from nothing."""
        await follow_statuses(self._statuses, self._now, bus=self._tools.bus)
        for work in self._works:
            try:
                await work()
            except Exception as error:
                if is_transient(error):
                    raise
                _log.exception("an entry of WhatsApp's call failed")
        if self._messages:
            pace = number_pace(self._tools.settings)
            await pace.reserve(self._messages, longest_wait=_EACH_WAY_SECONDS)


def whatsapp_door(tools: DoorTools) -> Entrance | None:
    """Open where the app's secret and the verify token are set."""
    settings = tools.settings
    if not settings.whatsapp_app_secret.get_secret_value():
        return None

    def handshake(query: Mapping[str, str]) -> Reply:
        token = settings.whatsapp_verify_token.get_secret_value()
        given = query.get("hub.verify_token", "")
        is_ours = bool(token) and hmac.compare_digest(token.encode(), given.encode("utf-8", "replace"))
        if query.get("hub.mode") != "subscribe" or not is_ours:
            raise Forbidden("The token is not CRM_WHATSAPP_VERIFY_TOKEN.")
        return Reply(query.get("hub.challenge", ""))

    return Entrance(WhatsappDoor(tools), handshake=handshake, body_limit_bytes=_BODY_LIMIT_BYTES)
