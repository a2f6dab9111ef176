"""Twilio as a vendor of SMS, by its Messages API: one message a call, several calls at once.

It knows no key of ours by which it would send once, and cannot be asked for one: after a crash a message may
have gone out, and is not sent again. Our key travels in the address of its callbacks, which tell what became
of it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import ClassVar
from urllib.parse import quote, urlsplit

import httpx

from crm_graphql.core.settings import Settings
from crm_graphql.core.sms_segments import segments_of
from crm_graphql.delivery.vendors.http_faults import NOTHING_LEFT
from crm_graphql.delivery.vendors.port import (
    Fault,
    Outcome,
    OutcomeStatus,
    OutgoingMessage,
    VendorAccountFault,
    VendorError,
    VendorUnavailable,
    VendorUncertain,
)
from crm_graphql.delivery.vendors.twilio_answers import account_of, outcome_of, refusal_of

KEY_PARAMETER = "key"
"""Of the callback's address: the message's key."""
RETRIES = "#rc=5&rp=5xx,ct,rt"
"""Behind the callback's address: Twilio calls again, five times, where we are away. By itself it does not."""
LONGEST_VALIDITY_SECONDS = 36_000
MESSAGES_A_CONNECTION = 4
"""In one call: few, so that each has its time though Twilio is slow, and few are in doubt after a crash."""
_SHORT_CODE_DIGITS = 6
_ON_THIS_MACHINE = frozenset({"localhost", "127.0.0.1", "::1"})
_CONNECT_SECONDS = 3.0
_CHECK_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class TwilioAccount:
    """Whose messages these are. `sender` is a number, a name, or the SID of a Messaging Service (MG...).

    `user` and `password` sign in: the account's SID and token, or an API key and its secret.
    """

    sid: str
    token: str
    user: str
    password: str
    sender: str
    url: str = "https://api.twilio.com"
    callback_url: str = ""
    smart_encoded: bool = False
    connections: int = 16

    @classmethod
    def of(cls, settings: Settings) -> TwilioAccount:
        """As the settings say."""
        token = settings.twilio_auth_token.get_secret_value()
        return cls(
            sid=settings.twilio_account_sid,
            token=token,
            user=settings.twilio_api_key or settings.twilio_account_sid,
            password=settings.twilio_api_secret.get_secret_value() if settings.twilio_api_key else token,
            sender=settings.twilio_sender,
            url=settings.twilio_url.rstrip("/"),
            callback_url=f"{settings.public_url.rstrip('/')}/webhooks/twilio",
            smart_encoded=settings.twilio_smart_encoded,
            connections=settings.twilio_connections,
        )


def weight(text: str) -> int:
    """How many of its sender's segments a second a message of this text takes."""
    return max(1, segments_of(text).count)


class TwilioVendor:
    """Client of Twilio. Shares the process's HTTP client; safe for concurrent calls."""

    name: ClassVar[str] = "twilio"
    dedupes_for: ClassVar[timedelta | None] = None
    can_look_up: ClassVar[bool] = False
    sends_receipts: ClassVar[bool] = True

    def __init__(self, http: httpx.AsyncClient, account: TwilioAccount) -> None:
        """`account` says who sends, and as whom."""
        self._http = http
        self.batch_limit = MESSAGES_A_CONNECTION * account.connections
        self._account = account
        self._auth = httpx.BasicAuth(account.user, account.password)
        self._messages_url = f"{account.url}/2010-04-01/Accounts/{quote(account.sid, safe='')}/Messages.json"

    async def send(self, messages: Sequence[OutgoingMessage], *, deadline_seconds: float) -> list[Outcome]:
        """Hand over the messages; as the port says. One that nothing is known of does not make the others
        uncertain; after a refusal that goes for all no further one is begun."""
        if not messages:
            return []
        now = time.monotonic()
        ends_at = now + deadline_seconds
        begins_until = now + deadline_seconds / 2
        results: dict[str, Outcome | VendorError] = {}
        waiting = iter(messages)
        workers = min(self._account.connections, len(messages))
        await asyncio.gather(*(self._work(waiting, results, begins_until, ends_at) for _ in range(workers)))
        stopped = _first_of_all(results) or VendorUnavailable("there was no time left to begin it")
        told = [results.get(message.key, stopped) for message in messages]
        _raise_where_all_failed(told)
        return [_as_outcome(message.key, result) for message, result in zip(messages, told, strict=True)]

    async def look_up(self, keys: Sequence[str]) -> dict[str, Outcome]:
        """Never called, for it cannot look up."""
        raise VendorUnavailable("Twilio cannot be asked for a message by our key")

    async def check(self) -> str | None:
        """What keeps the account from sending, in a sentence that says what to mend; None where nothing does.

        Sends nothing: it reads the account with the token, and a list with the API key where there is one.
        """
        account = self._account
        url = f"{account.url}/2010-04-01/Accounts/{quote(account.sid, safe='')}.json"
        # The token also tells Twilio's calls here from others; an API key may not read the account.
        answer = await self._get(url, httpx.BasicAuth(account.sid, account.token))
        if isinstance(answer, str):
            return answer
        if answer.status_code != 200:
            return f"{refusal_of(answer).text}. Look at CRM_TWILIO_ACCOUNT_SID and CRM_TWILIO_AUTH_TOKEN."
        found = account_of(answer)
        if found is None:
            return "What answers is not Twilio. Look at CRM_TWILIO_URL."
        if found.status != "active":
            return f"The account is {found.status}. Mend that in Twilio's console."
        problem = None if account.user == account.sid else await self._check_key()
        return problem or self._callback_problem()

    def _callback_problem(self) -> str | None:
        """Twilio refuses every message whose callbacks it could not make."""
        host = urlsplit(self._account.callback_url).hostname
        if host not in _ON_THIS_MACHINE:
            return None
        return f"Twilio cannot call {host}. Set CRM_PUBLIC_URL to what it reaches from outside."

    async def _check_key(self) -> str | None:
        answer = await self._get(f"{self._messages_url}?PageSize=1", self._auth)
        if isinstance(answer, str):
            return answer
        if answer.status_code != 200:
            return f"{refusal_of(answer).text}. Look at CRM_TWILIO_API_KEY and CRM_TWILIO_API_SECRET."
        return None

    async def _get(self, url: str, auth: httpx.Auth) -> httpx.Response | str:
        """The answer, or what keeps Twilio from giving one."""
        try:
            answer = await self._http.get(url, auth=auth, timeout=_CHECK_SECONDS)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return (
                f"Twilio cannot be reached ({type(error).__name__}). Look at CRM_TWILIO_URL and the network."
            )
        if answer.status_code == 429 or answer.status_code >= 500:
            return f"Twilio cannot answer now (status {answer.status_code}). It may be better in a minute."
        return answer

    async def _work(
        self,
        waiting: Iterator[OutgoingMessage],
        results: dict[str, Outcome | VendorError],
        begins_until: float,
        ends_at: float,
    ) -> None:
        """Send what waits, one after another, until nobody's message is taken, or half of the time is over:
        each that is begun has the other half for its answer."""
        while time.monotonic() < begins_until and _first_of_all(results) is None:
            if (message := next(waiting, None)) is None:
                return
            try:
                results[message.key] = await self._send_one(message, ends_at)
            except VendorError as error:
                results[message.key] = error

    async def _send_one(self, message: OutgoingMessage, ends_at: float) -> Outcome:
        seconds = max(0.0, ends_at - time.monotonic())
        timeout = httpx.Timeout(seconds, connect=min(seconds, _CONNECT_SECONDS))
        try:
            async with asyncio.timeout(seconds):
                answer = await self._http.post(
                    self._messages_url, data=self._form(message), auth=self._auth, timeout=timeout
                )
        except NOTHING_LEFT as error:
            raise VendorUnavailable(f"cannot be reached: {type(error).__name__}") from None
        except TimeoutError:
            raise VendorUncertain("no answer in time") from None
        except httpx.HTTPError as error:
            raise VendorUncertain(f"the connection broke: {type(error).__name__}") from None
        digits = self._account.sender.removeprefix("+")
        is_short_code = digits.isdecimal() and len(digits) <= _SHORT_CODE_DIGITS
        return outcome_of(message.key, answer, is_short_code=is_short_code)

    def _form(self, message: OutgoingMessage) -> dict[str, str]:
        account = self._account
        is_service = account.sender.startswith("MG")
        form = {
            "To": message.address,
            "MessagingServiceSid" if is_service else "From": account.sender,
            "Body": message.body,
            "StatusCallback": f"{account.callback_url}?{KEY_PARAMETER}={message.key}{RETRIES}",
        }
        if account.smart_encoded:
            form["SmartEncoded"] = "true"
        if message.send_before is not None:
            left = (message.send_before - datetime.now(UTC)).total_seconds()
            form["ValidityPeriod"] = str(int(min(max(left, 1), LONGEST_VALIDITY_SECONDS)))
        return form


def _first_of_all(results: dict[str, Outcome | VendorError]) -> VendorUnavailable | None:
    """The refusal that goes for all messages, where there was one: of the account before any other."""
    refusals = [result for result in results.values() if isinstance(result, VendorUnavailable)]
    of_account = [one for one in refusals if isinstance(one, VendorAccountFault)]
    return next(iter([*of_account, *refusals]), None)


def _raise_where_all_failed(results: Sequence[Outcome | VendorError]) -> None:
    """Nothing of the call was taken, or nothing is known of any of it."""
    errors = [result for result in results if isinstance(result, VendorError)]
    if len(errors) < len(results):
        return
    unavailable = [error for error in errors if isinstance(error, VendorUnavailable)]
    if len(unavailable) == len(errors):
        raise next((error for error in unavailable if isinstance(error, VendorAccountFault)), unavailable[0])
    if not unavailable:
        raise errors[0]


def _as_outcome(key: str, result: Outcome | VendorError) -> Outcome:
    if isinstance(result, Outcome):
        return result
    if not isinstance(result, VendorUnavailable):
        return Outcome(key, OutcomeStatus.UNKNOWN, reason_text=str(result))
    return Outcome(
        key,
        OutcomeStatus.DEFERRED,
        reason_text=str(result),
        fault=Fault.ACCOUNT if isinstance(result, VendorAccountFault) else Fault.TRANSIENT,
        retry_after_seconds=result.retry_after_seconds,
    )
