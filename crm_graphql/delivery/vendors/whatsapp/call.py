"""One call of the port as calls to Meta: evenly spaced, each message's answer by itself, all in time."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

import msgspec
from pymongo.errors import PyMongoError

from crm_graphql.core.paging import Row
from crm_graphql.delivery.vendors.port import Outcome, OutcomeStatus, OutgoingMessage, VendorUnavailable
from crm_graphql.delivery.vendors.whatsapp.codes import Refusal, refusal_of
from crm_graphql.delivery.vendors.whatsapp.outcomes import empty_value, for_all, later, refused
from crm_graphql.delivery.vendors.whatsapp.uploads import Uploads
from crm_graphql.delivery.vendors.whatsapp.wire import (
    header_of,
    one_line,
    taken_id,
    template_body,
    text_body,
)
from crm_graphql.whatsapp.graph import GraphApi, GraphAway, GraphRefused, GraphSilent
from crm_graphql.whatsapp.templates import find_template

SAME_REFUSALS = 5
"""So many messages and not one that is taken, all refused for the same: it is not the people."""
_LEAST_SECONDS = 0.2
"""With less time left nothing is begun."""
_CONTENT = frozenset({Refusal.CONTENT, Refusal.TEMPLATE_VALUES})
_STOPS = frozenset({Refusal.SLOWER, Refusal.TEMPLATE, Refusal.ACCOUNT})


class Call:
    """Messages that are handed over together."""

    def __init__(self, api: GraphApi, uploads: Uploads, per_second: float, deadline_seconds: float) -> None:
        self._api = api
        self._uploads = uploads
        self._spacing = 1 / per_second
        self._ends_at = asyncio.get_running_loop().time() + deadline_seconds
        self._stopped: Outcome | None = None
        """The refusal after which nothing more is begun: the others would be refused for the same."""
        self._away: str | None = None
        self._retry_after: float | None = None
        self._is_heard = False
        """Whether the answer to any message says more than to come again."""
        self._codes: list[int | None] = []
        self._templates: Mapping[tuple[str, str], Row | None] = {}
        self.refusals: dict[str, Refusal] = {}
        """By the keys of the messages that Meta refused."""

    async def send(self, messages: Sequence[OutgoingMessage]) -> Mapping[str, Outcome]:
        """The outcome of each message, by its key. Raises VendorUnavailable before anything has left."""
        if not messages:
            self._is_heard = True
            return {}
        try:
            self._templates = await _known_templates(messages)
        except PyMongoError as error:
            raise VendorUnavailable(f"templates cannot be read: {type(error).__name__}") from None
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(self._after(index * self._spacing, message))
                for index, message in enumerate(messages)
            ]
        outcomes = {message.key: task.result() for message, task in zip(messages, tasks, strict=True)}
        return self._without_blame(outcomes)

    def check_available(self) -> None:
        """Raise VendorUnavailable where nothing was handed over, and nothing is known but that."""
        if not self._is_heard:
            raise VendorUnavailable(self._away or "too many messages", retry_after_seconds=self._retry_after)

    def _without_blame(self, outcomes: Mapping[str, Outcome]) -> Mapping[str, Outcome]:
        """Where all are refused for the same content, it is the campaign's, and nobody is to lose by it."""
        same = len(outcomes) >= SAME_REFUSALS and len(self._codes) == len(outcomes)
        if not same or len({*self._codes}) > 1 or not _CONTENT.issuperset(self.refusals.values()):
            return outcomes
        self.refusals.clear()
        return {
            key: for_all(key, f"WhatsApp refuses every message: {outcome.reason_text}")
            for key, outcome in outcomes.items()
        }

    async def _after(self, seconds: float, message: OutgoingMessage) -> Outcome:
        await asyncio.sleep(seconds)
        key = message.key
        if self._stopped is not None:
            return Outcome(
                key,
                self._stopped.status,
                reason_text=self._stopped.reason_text,
                fault=self._stopped.fault,
                retry_after_seconds=self._stopped.retry_after_seconds,
                is_own_limit=True,
            )
        if self._left < _LEAST_SECONDS:
            return later(key, "The call's time was over before its turn came.", 1.0)
        try:
            body = await self._body(message)
            if isinstance(body, Outcome):
                self._is_heard = True
                return body
        except (GraphAway, GraphSilent, TimeoutError) as error:
            # Its file could not be had; the message itself has not left.
            return self._not_begun(key, str(error) or type(error).__name__)
        except GraphRefused as error:
            return self._refused(key, error)
        outcome = await self._post(key, body)
        header = message.whatsapp and message.whatsapp.header
        if header and self.refusals.get(key) is Refusal.CONTENT:
            self._uploads.forget(header)
        return outcome

    async def _body(self, message: OutgoingMessage) -> dict[str, object] | Outcome:
        template = message.whatsapp
        if template is None:
            return text_body(message)
        for name, value in template.parameters:
            if not one_line(value):
                return empty_value(message.key, name)
        header = None
        if template.header is not None:
            async with asyncio.timeout(self._left):
                uploaded = await self._uploads.id_of(template.header, seconds=self._left)
            header = header_of(template.header, uploaded)
        known = self._templates[template.name, template.language]
        return template_body(message, template, known, header)

    async def _post(self, key: str, body: dict[str, object]) -> Outcome:
        if self._left < _LEAST_SECONDS:
            return later(key, "The call's time was over before it left.", 1.0)
        try:
            async with asyncio.timeout(self._left):
                path = f"{self._api.phone_number_id}/messages"
                answer = await self._api.post(path, body, seconds=self._left)
            found = taken_id(answer)
        except GraphAway as error:
            return self._not_begun(key, str(error))
        except GraphRefused as error:
            return self._refused(key, error)
        except (GraphSilent, TimeoutError, ValueError, msgspec.DecodeError):
            self._is_heard = True
            return Outcome(key, OutcomeStatus.UNKNOWN)
        self._is_heard = True
        return Outcome(key, OutcomeStatus.ACCEPTED, found)

    def _refused(self, key: str, error: GraphRefused) -> Outcome:
        refusal = refusal_of(error.code, error.status)
        outcome = refused(key, refusal, error)
        self._codes.append(error.code)
        self.refusals[key] = refusal
        if refusal in _STOPS:
            self._stopped = self._stopped or outcome
        if refusal is Refusal.SLOWER:
            self._retry_after = outcome.retry_after_seconds
        else:
            self._is_heard = True
        return outcome

    def _not_begun(self, key: str, why: str) -> Outcome:
        self._away = why
        return later(key, why)

    @property
    def _left(self) -> float:
        """Seconds until all must be told. A tenth is for telling."""
        return self._ends_at - asyncio.get_running_loop().time() - 0.1


async def _known_templates(messages: Sequence[OutgoingMessage]) -> Mapping[tuple[str, str], Row | None]:
    """What is known of the templates that the messages name: the same one for all, as a rule."""
    named = {
        (message.whatsapp.name, message.whatsapp.language)
        for message in messages
        if message.whatsapp is not None
    }
    return {(name, language): await find_template(name, language) for name, language in named}
