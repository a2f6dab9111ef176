"""Checks of rows, one by one: a row becomes a record, or the first thing that is wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import replace
from datetime import UTC, datetime, tzinfo
from typing import Any, Protocol

from msgspec import UNSET

from crm_graphql.consents.documents import SuppressionReason
from crm_graphql.consents.records import SuppressionRecord
from crm_graphql.custom_fields.definitions import NO_FIELDS, Definitions
from crm_graphql.customers.records import AddressWord, CustomerRecord, SaidWord
from crm_graphql.imports.kinds import IngestionKind
from crm_graphql.imports.rows import LAYOUTS, Incomplete, RowProblem, Values, shown
from crm_graphql.imports.words import FileWord
from crm_graphql.ingestion import values as check
from crm_graphql.ingestion.custom_values import CustomCheck, read_row_metadata
from crm_graphql.ingestion.file_words import DEFAULT_TOPIC, FileWords
from crm_graphql.ingestion.payloads import Record
from crm_graphql.ingestion.said import TopicName, said_words
from crm_graphql.ingestion.values import BadOption, BadPart, BadValue
from crm_graphql.orders.records import OrderRecord

_Words = tuple[tuple[SaidWord, ...], tuple[AddressWord, ...]]
_NO_WORDS: _Words = ((), ())


class RowCheck(Protocol):
    """Checks the rows of one kind."""

    def __call__(self, row: int, values: Values) -> Record | Incomplete | RowProblem:
        """The record in `values`, or what is wrong with it. `row` counts from 0."""


class _Check:
    """What the checks of both kinds share. `names` are the fields' names as the caller knows them.

    `latest` is the last moment that is not the future; `blank_clears` whether an empty text is a null, as in
    JSON, or was left out, as an empty cell of CSV.
    """

    def __init__(
        self, kind: IngestionKind, names: Mapping[str, str], *, latest: datetime, blank_clears: bool
    ) -> None:
        self._fields = LAYOUTS[kind].fields
        self._names = names
        self._latest = latest
        self._blank_clears = blank_clears

    def _problem(self, field: str, values: Values, error: BadValue) -> RowProblem:
        name = self._names[field]
        key = values[0]
        return RowProblem(
            code=error.code,
            message=f"{name} {error}",
            field=name,
            value=shown(values[self._fields.index(field)]),
            external_id=key.strip()[: check.ID_CHARACTERS] or None if type(key) is str else None,
        )


class OrderCheck(_Check):
    """Checks orders; `currency` is the deployment's."""

    def __init__(
        self, names: Mapping[str, str], *, latest: datetime, currency: str, blank_clears: bool
    ) -> None:
        super().__init__(IngestionKind.ORDERS, names, latest=latest, blank_clears=blank_clears)
        self._currency = currency

    def __call__(self, row: int, values: Values) -> OrderRecord | RowProblem:
        """The order in `values`, or what is wrong with it."""
        key, customer, amount, ordered_at, currency, quantity = values
        field = "external_id"
        try:
            key = check.external_id(key) if _is_given(key) else check.required()
            field = "customer_external_id"
            customer = check.external_id(customer) if _is_given(customer) else check.required()
            field = "amount"
            units = check.money(amount) if _is_given(amount) else check.required()
            field = "ordered_at"
            moment = check.moment(ordered_at, self._latest) if _is_given(ordered_at) else check.required()
            field = "currency"
            if currency is not UNSET and currency is not None:
                check.currency(currency, self._currency)
            field = "quantity"
            if quantity is UNSET or (quantity == "" and not self._blank_clears):
                return OrderRecord(row, key, customer, units, self._currency, moment)
            pieces = (
                None
                if quantity is None or quantity == ""
                else check.count(quantity, least=-check.NUMBER_LIMIT)
            )
            return OrderRecord(row, key, customer, units, self._currency, moment, pieces, True)
        except BadValue as error:
            return self._problem(field, values, error)


class CustomerCheck(_Check):
    """Checks customers. `default_country` is that of telephone numbers that name none; `topics` are those
    that there are, by their names in folded case, `topic` the name of the one that a file's columns speak of,
    `custom` checks values of custom fields.

    Raises TopicNeeded where that is not there yet.
    """

    def __init__(
        self,
        names: Mapping[str, str],
        *,
        begun_at: datetime,
        latest: datetime,
        default_country: str | None,
        topics: MutableMapping[str, TopicName],
        topic: str,
        custom: CustomCheck,
        blank_clears: bool,
    ) -> None:
        super().__init__(IngestionKind.CUSTOMERS, names, latest=latest, blank_clears=blank_clears)
        self._default_country = default_country
        self._topics = topics
        self._custom = custom
        self._file_words = FileWords(topics, topic, begun_at, latest)
        self._begun_at = begun_at
        moment = self._moment
        self._checks: dict[str, Callable[[Any], Any]] = {
            "name": check.text,
            "email": check.email,
            "phone": self._phone,
            "city": check.text,
            "country": check.country,
            "time_zone": check.time_zone,
            "tags": check.tags,
            "total_spend": check.money,
            "visit_count": _visits,
            "last_visit_at": moment,
            "signed_up_at": moment,
            "is_tracked": check.is_tracked,
        }

    def __call__(self, row: int, values: Values) -> CustomerRecord | Incomplete | RowProblem:
        """The customer in `values`, or what is wrong with it.

        A bad telephone number, and what stands for nothing, cost the record that field only.
        """
        field = "external_id"
        changes: dict[str, Any] = {}
        problems: list[RowProblem] = []
        try:
            key = check.external_id(values[0]) if _is_given(values[0]) else check.required()
            for (field, convert), value in zip(self._checks.items(), values[1:-4], strict=True):
                if value is UNSET:
                    continue
                try:
                    found = None if value is None or value == "" else check.optional(convert, value)
                except BadOption as error:
                    problems.append(self._problem(field, values, error))
                    continue
                if found is not None or self._blank_clears:
                    changes[field] = [] if found is None and field == "tags" else found
            source_id: str | tuple[str, ...] | None = None
            if _is_given(values[-4]):
                source_id = self._source_id(values, problems)
            field = "consents"
            words, on_addresses = self._words(values[-3], changes) if _is_given(values[-3]) else _NO_WORDS
            custom = metadata = None
            if values[-2] is not UNSET or values[-1] is not UNSET:
                field = "custom"
                custom = self._custom_values(values, problems)
                field = "metadata"
                metadata = read_row_metadata(values[-1]) if _is_given(values[-1]) else None
        except BadPart as error:
            return self._bad_part(values, error)
        except BadValue as error:
            return self._problem(field, values, error)
        record = CustomerRecord(row, key, changes, words, on_addresses, source_id, custom, metadata)
        return Incomplete(record, _together(problems)) if problems else record

    def _source_id(self, values: Values, problems: list[RowProblem]) -> str | tuple[str, ...] | None:
        """One, or several in a list. A bad one costs the record no more than that."""
        try:
            return check.source_ids(values[-4])
        except BadValue as error:
            problems.append(self._problem("source_id", values, error))
            return None

    def _words(self, value: Any, changes: Mapping[str, Any]) -> _Words:
        if type(value) is list and value and type(value[0]) is FileWord:
            return self._file_words.read(value, changes)
        return said_words(value, self._topics, begun_at=self._begun_at, latest=self._latest), ()

    def _custom_values(self, values: Values, problems: list[RowProblem]) -> dict[str, Any] | None:
        if not _is_given(values[-2]):
            return None
        left_out: list[BadPart] = []
        found = self._custom.read(values[-2], left_out)
        problems += [self._bad_part(values, error) for error in left_out]
        return found

    def _bad_part(self, values: Values, error: BadPart) -> RowProblem:
        name = self._names.get(error.field, error.field)
        problem = self._problem("external_id", values, error)
        return replace(problem, message=f"{name} {error}", field=name, value=shown(error.value))

    def _phone(self, value: Any) -> str | None:
        return check.phone(value, self._default_country)

    def _moment(self, value: Any) -> datetime:
        return check.moment(value, self._latest)


class SuppressionCheck(_Check):
    """Checks suppressions. `default_country` is that of telephone numbers that name none."""

    def __init__(
        self,
        names: Mapping[str, str],
        *,
        begun_at: datetime,
        latest: datetime,
        default_country: str | None,
        blank_clears: bool,
    ) -> None:
        super().__init__(IngestionKind.SUPPRESSIONS, names, latest=latest, blank_clears=blank_clears)
        self._begun_at = begun_at
        self._default_country = default_country

    def __call__(self, row: int, values: Values) -> SuppressionRecord | RowProblem:
        """The suppression in `values`, or what is wrong with it."""
        address, channel, reason, at = values
        field = "channel"
        try:
            on = check.channel(channel) if _is_given(channel) else check.channel_of(address)
            field = "address"
            text = (
                check.address(on, address, self._default_country) if _is_given(address) else check.required()
            )
            field = "reason"
            why = check.suppression_reason(reason) if _is_given(reason) else SuppressionReason.MANUAL
            field = "at"
            since = check.moment(at, self._latest) if _is_given(at) else self._begun_at
            return SuppressionRecord(row, text, on, why, since)
        except BadValue as error:
            return self._problem(field, values, error)


def _together(problems: list[RowProblem]) -> RowProblem:
    """One problem for the row: it names the first field, and its message says what is wrong with each."""
    message = " ".join(problem.message for problem in problems)
    return replace(problems[0], message=f"{message} The rest of the record was taken.")


def _visits(value: Any) -> int:
    return check.count(value, least=0)


def _is_given(value: Any) -> bool:
    return value is not UNSET and value is not None and value != ""


def row_check(
    kind: IngestionKind,
    names: Mapping[str, str],
    *,
    begun_at: datetime,
    currency: str,
    default_country: str | None = None,
    topics: MutableMapping[str, TopicName] | None = None,
    topic: str | None = None,
    custom: Definitions = NO_FIELDS,
    zone: tzinfo = UTC,
    blank_clears: bool,
) -> RowCheck:
    """The check for `kind`. The ingestion's beginning stands for now, so that a retry judges alike. `topic`
    names what a file's columns on consent speak of, DEFAULT_TOPIC unless said; `custom` are the custom fields
    that there are, `zone` is that of the days of moments."""
    latest = begun_at + check.FUTURE_ALLOWED
    if kind is IngestionKind.ORDERS:
        return OrderCheck(names, latest=latest, currency=currency, blank_clears=blank_clears)
    if kind is IngestionKind.SUPPRESSIONS:
        return SuppressionCheck(
            names,
            begun_at=begun_at,
            latest=latest,
            default_country=default_country,
            blank_clears=blank_clears,
        )
    return CustomerCheck(
        names,
        begun_at=begun_at,
        latest=latest,
        default_country=default_country,
        topics={} if topics is None else topics,
        topic=topic or DEFAULT_TOPIC,
        custom=CustomCheck(custom, zone, blank_clears),
        blank_clears=blank_clears,
    )
