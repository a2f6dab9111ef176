"""A customer's document while records are merged into it: each field goes by its own version."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from bson import ObjectId
from pymongo import UpdateOne

from crm_graphql.core.channels import ADDRESSES, TRAITS, Channel
from crm_graphql.customers.addresses import AddressNotes
from crm_graphql.customers.custom_values import CustomChanges, merge_custom
from crm_graphql.customers.derived import folded_copy, reach_of
from crm_graphql.customers.key_addresses import address_of_key
from crm_graphql.customers.labels import LabelNotes
from crm_graphql.customers.metadata import MetadataChanges, merge_metadata, texts_of
from crm_graphql.customers.records import OPENING_FIELDS, CustomerRecord
from crm_graphql.customers.source_ids import add_source_ids
from crm_graphql.customers.totals import Totals, opening_visits
from crm_graphql.customers.words import Word, by_place

EDITED_FIELDS = frozenset({"name", "email", "phone", "city", "country", "time_zone", "is_tracked", "tags"})
"""The fields that people edit as a whole: they move the revision, and `folded` repeats them."""
_NOTED = ("tags", "groups", *(address.field for address in ADDRESSES))
_BY_KEY: Mapping[str, Callable[[Any], Mapping[str, Any]]] = {
    "custom_fields": lambda stored: stored or {},
    "metadata": texts_of,
}
"""What people edit key by key, and how it is read."""
_OPENING_VERSIONS = {field: f"opening_{field}" for field in OPENING_FIELDS}
_NO_OPENING: dict[str, Any] = {"total_spend": 0, "visit_count": 0, "last_visit_at": None}


def new_customer(external_id: str, now: datetime) -> dict[str, Any]:
    """The document of a customer of whom nothing but the key is known, and the address that it may hold: no
    record has set that, so each that gives one does."""
    customer: dict[str, Any] = {
        "_id": ObjectId(),
        "external_id": external_id,
        "name": None,
        "email": None,
        "phone": None,
        "city": None,
        "country": None,
        "tags": [],
        "signed_up_at": None,
        "folded": None,
        "reach": 0,
        "total_spend": 0,
        "visit_count": 0,
        "first_visit_at": None,
        "last_visit_at": None,
        "opening": dict(_NO_OPENING),
        "revision": 0,
        "versions": {},
        "created_at": now,
        "updated_at": now,
    }
    if keyed := address_of_key(external_id):
        address, value = keyed
        customer[address.field] = value
        customer["reach"] = reach_of(customer)
    customer["folded"] = folded_copy(customer)
    return customer


class CustomerDraft:
    """A customer's document while records are merged into it, and which of its fields must be written."""

    def __init__(self, customer: dict[str, Any], *, is_new: bool) -> None:
        self.customer = customer
        self.is_new = is_new
        self._noted_before = {} if is_new else {name: customer.get(name) for name in _NOTED}
        self.totals = Totals(customer)
        self.dirty: set[str] = set()
        self.before: dict[str, Any] = {}
        """Of each field that people edit and that has changed: what it was."""
        self.heard: list[Word] = []
        """Every word of the records, whether it counts or not."""

    def merge(self, record: CustomerRecord, version: int) -> bool:
        """Take over the fields that no newer record has set. True when a value changed."""
        part = self._part(record.external_id)
        changed = edited = False
        for field, value in record.changes.items():
            mark = _OPENING_VERSIONS.get(field, field)
            versions = self.customer["versions"] if mark is field else part["versions"]
            if versions.get(mark, -1) >= version:
                continue
            # Also for an equal value: a record in between may still be on its way.
            versions[mark] = version
            self.dirty.add("versions" if versions is self.customer["versions"] else "former")
            if mark is not field:
                changed |= self._set_opening(part, field, value)
            elif self.customer.get(field) != value:
                edited |= self.set(field, value)
                changed = True
        if record.custom is not None or record.metadata is not None:
            by_key = self.merge_by_key(record.custom, record.metadata, version)
            edited |= by_key
            changed |= by_key
        is_new_id = add_source_ids(self.customer, record.source_id)
        if is_new_id:
            self.dirty.add("source_ids")
            changed = True
        if edited:
            self.customer["revision"] = self.customer.get("revision", 0) + 1
            self.dirty.add("revision")
        if edited or is_new_id:
            self.derive()
        if record.words:
            changed |= self.hear(said.word() for said in record.words)
        return changed

    def merge_by_key(
        self, custom: CustomChanges | None, metadata: MetadataChanges | None, version: int
    ) -> bool:
        """Take over custom values and metadata, each by its own version. True when one changed."""
        before = {name: self.customer.get(name) for name in _BY_KEY}
        dirty: set[str] = set()
        if custom is not None:
            dirty |= merge_custom(self.customer, custom, version)
        if metadata is not None:
            dirty |= merge_metadata(self.customer, metadata, version)
        self.dirty |= dirty
        # Metadata holds its versions, which change also where a value does not.
        changed = {
            name: before[name]
            for name, shown in _BY_KEY.items()
            if shown(self.customer.get(name)) != shown(before[name])
        }
        self.before = {**changed, **self.before}
        return bool(changed)

    def _part(self, external_id: str) -> dict[str, Any]:
        """Whose openings a record under this external id gives: they add up."""
        former: list[dict[str, Any]] = self.customer.get("former") or []
        return next((one for one in former if one["external_id"] == external_id), self.customer)

    def set(self, field: str, value: Any) -> bool:
        """Give a field another value. True where it is one that people edit."""
        is_edited = field in EDITED_FIELDS
        if is_edited:
            self.before.setdefault(field, self.customer.get(field))
        self.customer[field] = value
        self.dirty.add(field)
        return is_edited

    def derive(self) -> None:
        """Bring what rules and search compare up to date."""
        self.customer["folded"] = folded_copy(self.customer)
        self.customer["reach"] = reach_of(self.customer)
        self.dirty |= {"folded", "reach"}

    def hear(self, words: Iterable[Word]) -> bool:
        """Take over the words that count. True when one does that did not before."""
        held, changed = by_place(self.customer), False
        for word in words:
            self.heard.append(word)
            known = held.get(word.place)
            if known is None or word.counts_over(known):
                held[word.place] = word
                changed = True
        if changed:
            self.customer["consents"] = [word.stored() for word in held.values()]
            self.dirty.add("consents")
            self.derive()
        return changed

    @property
    def new_addresses(self) -> Iterator[str]:
        """The addresses that the customer did not have before."""
        for address in ADDRESSES:
            value = self.customer[address.field]
            if value and (self.is_new or address.field in self.dirty):
                yield value

    def suppress(self, suppressed: Mapping[str, frozenset[Channel]]) -> None:
        """Note on which channels the customer's addresses are suppressed, given for all that are new."""
        fields = {address.field for address in ADDRESSES}
        changed = fields if self.is_new else fields & self.dirty
        if not changed:
            return
        before: list[str] = self.customer.get("suppressed") or []
        found = [
            channel.value
            for channel, traits in TRAITS.items()
            if (
                channel in suppressed.get(self.customer[traits.address.field] or "", ())
                if traits.address.field in changed
                else channel.value in before
            )
        ]
        if found != before:
            self.customer["suppressed"] = found
            self.dirty.add("suppressed")
            self.derive()

    def _set_opening(self, part: dict[str, Any], field: str, value: Any) -> bool:
        """Move the totals by the difference between the old opening value and the new one."""
        opening, totals = part["opening"], self.totals
        new: Any = _NO_OPENING[field] if value is None else value
        old: Any = opening[field]
        if new == old:
            return False
        opening[field] = new
        self.dirty.add("opening" if part is self.customer else "former")
        totals.is_changed = True
        if field == "total_spend":
            totals.total_spend += new - old
        elif field == "visit_count":
            totals.visit_count += new - old
        else:
            totals.opening_visits = opening_visits(self.customer)
            if old is not None:
                totals.lose(old)
            if new is not None:
                totals.widen(new)
        return True

    def settle(self, now: datetime) -> None:
        """Bring the document's totals up to date, once no extreme is lost any more."""
        if self.totals.is_changed:
            fields = self.totals.fields()
            self.customer.update(fields)
            self.dirty.update(fields)
        if self.dirty > {"versions"}:
            self.customer["updated_at"] = now
            self.dirty.add("updated_at")

    def note(self, labels: LabelNotes, addresses: AddressNotes) -> None:
        """Say how its tags and groups, and its addresses, have changed."""
        if self.is_new or not self.dirty.isdisjoint(_NOTED):
            labels.of(self._noted_before, self.customer)
            addresses.of(self._noted_before, self.customer)

    def update(self) -> UpdateOne:
        """The one update that writes what is dirty."""
        fields = {field: self.customer[field] for field in self.dirty}
        return UpdateOne({"_id": self.customer["_id"]}, {"$set": fields})
