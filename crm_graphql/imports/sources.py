"""Sources of a row's values: for each field of the kind the columns that bring it, and how these are read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import UNSET

from crm_graphql.core.channels import Channel
from crm_graphql.custom_fields.definitions import Definitions
from crm_graphql.imports import cells as cell
from crm_graphql.imports.cells import Column, Reader, Refused, is_given
from crm_graphql.imports.columns import Assignment
from crm_graphql.imports.consent import ChannelWords, consents
from crm_graphql.imports.custom import readers_of, together
from crm_graphql.imports.fields import DATES, NUMBERS, folded, own_headings
from crm_graphql.imports.keys import address_key
from crm_graphql.imports.kinds import IngestionKind
from crm_graphql.imports.plans import ImportOptions
from crm_graphql.imports.presets.preset import Preset, TagStyle
from crm_graphql.imports.rows import LAYOUTS
from crm_graphql.imports.sheet import Sheet
from crm_graphql.imports.tables import Cells, FileFormat
from crm_graphql.imports.words import FileStatus

_IDS = frozenset({"customer_id", "order_id", "source_id", "phone", "customer_phone"})
_NO_SALE = frozenset(
    {
        *("cancelled", "canceled", "void", "voided", "failed", "declined"),
        *("expired", "abandoned", "draft", "trash", "deleted", "blocked"),
    }
)
"""Words of the field status by which an order of no known exporter is none."""
_CONSENTS = {
    Channel.EMAIL: ("email_consent", "email_consent_at", "email_opt_out"),
    Channel.SMS: ("sms_consent", "sms_consent_at", "sms_opt_out"),
    Channel.WHATSAPP: ("whatsapp_consent", "whatsapp_consent_at", "whatsapp_opt_out"),
}


class Sources:
    """Makes columns of values, in the order of the kind's layout, of rows of cells."""

    def __init__(
        self,
        kind: IngestionKind,
        assignment: Assignment,
        preset: Preset | None,
        options: ImportOptions,
        *,
        country: str | None,
        currency: str,
        is_keyed_by_address: bool,
        format: FileFormat,
        custom: Definitions,
    ) -> None:
        self.kind = kind
        self.width = len(assignment.columns)
        self._places = assignment.places
        self._headings = [column.column for column in assignment.columns]
        self._preset = preset
        self._custom = {field.name: field for field in custom.values()}
        self._grows = format.grows
        self._is_workbook = format is FileFormat.XLSX
        self._marks = frozenset(mark.strip().casefold() for mark in options.empty or ())
        self._readers = self._readers_of(options, currency)
        self._special = self._special_makers(country, is_keyed_by_address)
        self._makers = [self._special.get(key) or partial(self.field, key) for key in LAYOUTS[kind].keys]
        self.names = self._names_of(is_keyed_by_address)
        self._leaves_out = kind is IngestionKind.ORDERS and (
            "status" in self._places or (preset is not None and preset.cancelled_at is not None)
        )
        self._picked = self._picks()

    def quick(self, rows: Sequence[Cells]) -> list[tuple[Any, ...]] | None:
        """The rows where nothing needs to be read: cells picked out of each. None otherwise."""
        if self._picked is None or set(map(len, rows)) != {self.width}:
            return None
        columns: dict[int | None, Column] = {}
        for place in self._picked:
            if place is not None:
                column = [row[place] for row in rows]
                if not all(reader.is_plain(column) for reader in self._readers.get(place, ())):
                    return None
                columns[place] = column
        nothing = [UNSET] * len(rows)
        return list(zip(*(columns.get(place, nothing) for place in self._picked), strict=True))

    def sheet(self, rows: Sequence[Cells]) -> Sheet:
        """The rows by their columns; shorter ones are filled up."""
        width, filler = self.width, UNSET if self._grows else ""
        if any(len(row) < width for row in rows):
            rows = [[*row, *[filler] * (width - len(row))] for row in rows]
        return Sheet(rows, self._readers, self._marks)

    def values(self, sheet: Sheet) -> list[Column]:
        """A column for each field of the layout."""
        return [maker(sheet) for maker in self._makers]

    def field(self, name: str, sheet: Sheet) -> Column:
        """The column of a field, out of all that bring it."""
        places = self._places.get(name, ())
        columns = [sheet.column(place) for place in places]
        if len(columns) < 2:
            return columns[0] if columns else sheet.nothing
        if name == "name":
            return list(map(cell.joined, zip(*columns, strict=True)))
        if name == "tags":
            together = cell.Tags(self._tag_style).together
            return list(map(together, zip(*columns, strict=True)))
        if self._grows and self._preset is None:
            return [self._only(places, found) for found in zip(*columns, strict=True)]
        return list(map(cell.first_given, zip(*columns, strict=True)))

    def no_sales(self, sheet: Sheet) -> Sequence[str | None] | None:
        """For each row the word by which it is no sale, or None; None where the file has no such column."""
        if not self._leaves_out:
            return None
        words = _NO_SALE if self._preset is None else self._preset.no_sale
        if "refunded_amount" not in self._places:
            words |= {"refunded"}
        found = [
            str(status) if is_given(status) and folded(str(status)) in words else None
            for status in self.field("status", sheet)
        ]
        cancelled = None if self._preset is None else self._preset.cancelled_at
        for place, heading in enumerate(self._headings):
            if cancelled is not None and folded(heading) == folded(cancelled):
                at = sheet.column(place)
                found = [
                    word or ("cancelled" if is_given(one) else None)
                    for word, one in zip(found, at, strict=True)
                ]
        return found

    def heading(self, name: str) -> str | None:
        """The heading of the first column of a field."""
        places = self._places.get(name)
        return self._headings[places[0]] if places else None

    @property
    def _tag_style(self) -> TagStyle:
        return TagStyle.ANY if self._preset is None else self._preset.tag_style

    def _only(self, places: Sequence[int], found: Sequence[Any]) -> Any:
        """The one cell that a record gives of a field; it may not give it under two of its own names."""
        own = own_headings(self.kind)
        given = [place for place, value in zip(places, found, strict=True) if value is not UNSET]
        doubled = [place for place in given if folded(self._headings[place]) in own]
        if len(doubled) > 1:
            keys = LAYOUTS[self.kind].keys
            alias, name = sorted(doubled[:2], key=lambda place: self._headings[place] in keys)
            message = f"and {self._headings[name]} are two names of one field. Send only one of them."
            return Refused(self._headings[alias], message, found[places.index(alias)])
        return cell.first_given(found)

    def _readers_of(self, options: ImportOptions, currency: str) -> dict[int, Sequence[Reader]]:
        zone = ZoneInfo(options.time_zone or "UTC")
        readers: dict[int, Sequence[Reader]] = {}
        for field, places in self._places.items():
            for place in places:
                heading = self._headings[place]
                if field in self._custom:
                    readers[place] = readers_of(
                        *(self._custom[field], heading, options),
                        currency=currency,
                        zone=zone,
                        is_workbook=self._is_workbook,
                    )
                    continue
                if field in NUMBERS:
                    found: list[Reader] = [cell.Numbers(heading, options.decimal_comma, currency)]
                elif field in DATES:
                    found = [cell.Moments(heading, options.date_order, zone)]
                else:
                    found = [cell.Texts()] if self._is_workbook or field == "source_id" else []
                    found += [cell.Ids()] if field in _IDS else []
                    found += [cell.Tags(self._tag_style)] if field == "tags" else []
                readers[place] = found
        return readers

    def _special_makers(self, country: str | None, is_keyed: bool) -> dict[str, Callable[[Sheet], Column]]:
        """Makers of the fields that are more than their columns."""
        special: dict[str, Callable[[Sheet], Column]] = {}
        places = self._places
        is_order = self.kind is IngestionKind.ORDERS
        if is_keyed:
            email, phone = ("customer_email", "customer_phone") if is_order else ("email", "phone")
            key = address_key(self.heading(email) or self.heading(phone) or email, country)
            special["customer_id"] = lambda sheet: self._keys(sheet, key, email, phone)
        if is_order and ("refunded_amount" in places or ("line_amount" in places and "amount" not in places)):
            special["amount"] = self._amounts
        if not is_order and "name" not in places and ("first_name" in places or "last_name" in places):
            special["name"] = self._full_names
        if "source_id" in places and self._preset is not None:
            special["source_id"] = self._source_ids
        if self._custom.keys() & places.keys():
            special["custom"] = self._customs
        if self.kind is IngestionKind.CUSTOMERS and (channels := self._channels()):
            special["consents"] = lambda sheet: self._consents(sheet, channels)
        return special

    def _names_of(self, is_keyed: bool) -> dict[str, str]:
        layout = LAYOUTS[self.kind]
        names = {name: heading for name in self._places if (heading := self.heading(name)) is not None}
        for field, key in zip(layout.fields, layout.keys, strict=True):
            names[field] = self.heading(key) or key
        if is_keyed:
            address = "customer_email" if self.kind is IngestionKind.ORDERS else "email"
            field = layout.fields[layout.keys.index("customer_id")]
            names[field] = self.heading(address) or self.heading(address.replace("email", "phone")) or address
        if "line_amount" in self._places and "amount" not in self._places:
            names["amount"] = self.heading("line_amount") or "amount"
        if "name" not in self._places:
            names["name"] = self.heading("first_name") or self.heading("last_name") or "name"
        return names

    def _picks(self) -> list[int | None] | None:
        """The column of each field of the layout, None for none; None where more is to be done."""
        is_more = self._marks or self._special or self._leaves_out
        if is_more or any(len(places) > 1 for places in self._places.values()):
            return None
        return [next(iter(self._places.get(key, ())), None) for key in LAYOUTS[self.kind].keys]

    def _keys(self, sheet: Sheet, key: Callable[[Any, Any], Any], email: str, phone: str) -> Column:
        made = list(map(key, self.field(email, sheet), self.field(phone, sheet)))
        given = self.field("customer_id", sheet)
        if given is sheet.nothing:
            return made
        return [one if is_given(one) else other for one, other in zip(given, made, strict=True)]

    def _full_names(self, sheet: Sheet) -> Column:
        return list(
            map(
                cell.joined, zip(self.field("first_name", sheet), self.field("last_name", sheet), strict=True)
            )
        )

    def _source_ids(self, sheet: Sheet) -> Column:
        assert self._preset is not None
        name = self._preset.name
        return [
            f"{name}:{one.strip()}" if type(one) is str and one.strip() else one
            for one in self.field("source_id", sheet)
        ]

    def _amounts(self, sheet: Sheet) -> Column:
        amounts = self.field("amount" if "amount" in self._places else "line_amount", sheet)
        if "refunded_amount" not in self._places:
            return amounts
        return [
            cell.less(one, other)
            for one, other in zip(amounts, self.field("refunded_amount", sheet), strict=True)
        ]

    def _customs(self, sheet: Sheet) -> Column:
        single = [
            (field.key, self.field(name, sheet))
            for name, field in self._custom.items()
            if name in self._places
        ]
        return list(together(self.field("custom", sheet), single, keeps_blank=self._grows))

    def _channels(self) -> dict[Channel, ChannelWords]:
        found = {}
        for channel, fields in _CONSENTS.items():
            is_of_email = channel is Channel.EMAIL and self._preset is not None
            whole = self._preset.email_status if is_of_email and self._preset else None
            agreed = bool(is_of_email and self._preset and self._preset.agreed_by)
            if whole or agreed or any(field in self._places for field in (fields[0], fields[2])):
                found[channel] = ChannelWords(channel, self.heading(fields[0]), whole)
        return found

    def _consents(self, sheet: Sheet, channels: Mapping[Channel, ChannelWords]) -> Column:
        spoken = []
        for channel, words in channels.items():
            said, at, left = (self.field(name, sheet) for name in _CONSENTS[channel])
            if channel is Channel.EMAIL and said is sheet.nothing and self._preset and self._preset.agreed_by:
                said = self._agreed(sheet, self._preset.agreed_by)
            spoken.append(list(map(words.word, said, at, left)))
        return consents(self.field("consents", sheet), spoken)

    def _agreed(self, sheet: Sheet, headings: Sequence[str]) -> Column:
        by = set(map(folded, headings))
        columns = [sheet.column(place) for place, name in enumerate(self._headings) if folded(name) in by]
        if not columns:
            return sheet.nothing
        return [
            FileStatus.SUBSCRIBED.value if any(map(is_given, row)) else FileStatus.UNSUBSCRIBED.value
            for row in zip(*columns, strict=True)
        ]
