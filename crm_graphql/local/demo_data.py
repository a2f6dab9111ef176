"""Made-up customers and orders for `crm demo`: plausible, and the same bytes each time for the same day."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

import msgspec

SEED = 20_201
LINES_A_PIECE = 1000
HISTORY_DAYS = 730
WITHOUT_EMAIL = 0.03
WITHOUT_PHONE = 0.2
REFUNDS = 0.02

_FIRST = """
Amara Ana Ben Carla Chloé Daniel Diego Elif Emma Farah Felix Grace Hana Hugo Ines Ivan Jack Jana
Jonas Julia Kenji Lara Leo Lina Lucas Maja Marco Maria Mei Mia Mohammed Nadia Nils Nina Noah Olga
Omar Paula Pedro Priya Rosa Sam Sara Sofia Tariq Theo Tom Uma Vera Yusuf Zoë
"""
_LAST = """
Adeyemi Alvarez Bauer Becker Bianchi Brown Chen Costa Dubois Evans Fischer García Haddad Hansen
Horvat Ivanov Jansen Johnson Kaya Khan Kim Kowalski Larsen Lopez Martin Mbeki Meyer Müller Nakamura
Nguyen Novak O'Neill Okafor Park Patel Pereira Popov Rossi Santos Schmidt Silva Singh Smith Suzuki
Taylor Weber Wilson Wong Yılmaz Young
"""
_PLACES = (
    ("Amsterdam", "NL", "+3120555"),
    ("Berlin", "DE", "+4930555"),
    ("Chicago", "US", "+131255"),
    ("Delhi", "IN", "+9111555"),
    ("Istanbul", "TR", "+9021255"),
    ("Lagos", "NG", "+23480355"),
    ("Lisbon", "PT", "+3512155"),
    ("London", "GB", "+4420555"),
    ("Madrid", "ES", "+349155"),
    ("New York", "US", "+121255"),
    ("Osaka", "JP", "+816555"),
    ("Paris", "FR", "+331555"),
    ("São Paulo", "BR", "+5511555"),
    ("Seoul", "KR", "+822555"),
)
_TAGS = ("newsletter", "loyalty", "wholesale", "gift-card", "vip")
_ASCII = str.maketrans("éëíüãığöçñ'", "eeiuaigocn-")


@dataclass(frozen=True, slots=True)
class DemoData:
    """So many customers with five orders each on average, the latest on the day before `today`."""

    today: date
    customers: int = 20_000
    orders: int = 100_000

    def customer_pieces(self) -> Iterator[bytes]:
        """The customers as NDJSON."""
        return _pieces(self._customers())

    def order_pieces(self) -> Iterator[bytes]:
        """The orders as NDJSON."""
        return _pieces(self._orders())

    def _customers(self) -> Iterator[dict[str, object]]:
        draw = random.Random(SEED)
        firsts, lasts = _FIRST.split(), _LAST.split()
        for number in range(1, self.customers + 1):
            first, last = draw.choice(firsts), draw.choice(lasts)
            city, country, prefix = draw.choice(_PLACES)
            record: dict[str, object] = {
                "customer_id": _customer_id(number),
                "name": f"{first} {last}",
                "city": city,
                "country": country,
                "tags": [tag for tag in _TAGS if draw.random() < 0.15],
            }
            if draw.random() >= WITHOUT_EMAIL:
                record["email"] = f"{first}.{last}.{number}@example.com".lower().translate(_ASCII)
            if draw.random() >= WITHOUT_PHONE:
                record["phone"] = f"{prefix}{number:05d}"
            yield record

    def _orders(self) -> Iterator[dict[str, object]]:
        """Few customers buy often and much, most seldom and little, as everywhere."""
        draw = random.Random(SEED + 1)
        midnight = datetime.combine(self.today, time(), UTC)
        zeal = [min(draw.paretovariate(1.3), 25.0) for _ in range(self.customers)]
        buyers = draw.choices(range(1, self.customers + 1), weights=zeal, k=self.orders)
        for number, buyer in enumerate(buyers, start=1):
            cents = max(199, round(draw.lognormvariate(3.4, 0.9) * 100))
            if draw.random() < REFUNDS:
                cents = -cents // 2
            # The more recent, the more: the shop grows.
            days = HISTORY_DAYS * (1 - draw.random() ** 0.5)
            yield {
                "order_id": f"demo-o-{number:06d}",
                "customer_id": _customer_id(buyer),
                "amount": _money(cents),
                "ordered_at": (midnight - timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ"),
            }


def _customer_id(number: int) -> str:
    return f"demo-c-{number:05d}"


def _money(cents: int) -> str:
    sign = "-" if cents < 0 else ""
    return f"{sign}{abs(cents) // 100}.{abs(cents) % 100:02d}"


def _pieces(records: Iterator[dict[str, object]]) -> Iterator[bytes]:
    encoder = msgspec.json.Encoder()
    lines: list[bytes] = []
    for record in records:
        lines.append(encoder.encode(record))
        if len(lines) == LINES_A_PIECE:
            yield b"\n".join(lines) + b"\n"
            lines.clear()
    if lines:
        yield b"\n".join(lines) + b"\n"
