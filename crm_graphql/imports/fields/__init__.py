"""Fields that a file's columns may bring: the one table of reading, docs and listings."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache

from crm_graphql.imports.fields.customers import CUSTOMERS
from crm_graphql.imports.fields.field import ImportField
from crm_graphql.imports.fields.orders import ORDERS
from crm_graphql.imports.fields.suppressions import SUPPRESSIONS
from crm_graphql.imports.kinds import IngestionKind
from crm_graphql.imports.rows import LAYOUTS

FIELDS: Mapping[IngestionKind, Sequence[ImportField]] = {
    IngestionKind.CUSTOMERS: CUSTOMERS,
    IngestionKind.ORDERS: ORDERS,
    IngestionKind.SUPPRESSIONS: SUPPRESSIONS,
}

_LONGEST_HEADING = 200

DATES = frozenset(
    {
        "last_visit_at",
        "signed_up_at",
        "ordered_at",
        "created_at",
        "email_consent_at",
        "sms_consent_at",
        "whatsapp_consent_at",
    }
)
MONEY = frozenset({"total_spend", "amount", "line_amount", "refunded_amount"})
NUMBERS = MONEY | {"visit_count", "quantity"}


def folded(heading: str) -> str:
    """A heading as it is compared: letters and digits alone, in folded case, without accents."""
    # Nobody's long heading is kept.
    return _folded(heading) if len(heading) <= _LONGEST_HEADING else heading


@lru_cache(maxsize=4096)
def _folded(heading: str) -> str:
    if heading.isascii():
        return "".join(sign for sign in heading.lower() if sign.isalnum())
    plain = unicodedata.normalize("NFKD", heading).casefold()
    return "".join(sign for sign in plain if sign.isalnum())


@cache
def fields_by_heading(kind: IngestionKind) -> Mapping[str, str]:
    """The field of each heading that is known, by the heading as it is compared."""
    return {
        folded(name): field.field for field in FIELDS[kind] for name in (field.field, *field.aliases) if name
    }


@cache
def own_headings(kind: IngestionKind) -> frozenset[str]:
    """The names of the product's own files and of its mutations, as they are compared: where two of these are
    one field, the file contradicts itself."""
    layout = LAYOUTS[kind]
    return frozenset(map(folded, (*layout.keys, *layout.aliases)))


@cache
def field_names(kind: IngestionKind) -> frozenset[str]:
    """The names of all fields of the kind."""
    return frozenset(field.field for field in FIELDS[kind])
