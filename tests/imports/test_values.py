"""Numbers and moments in every dialect that is recognised, and the doubts that are asked about."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_graphql.core.errors import InvalidInput
from crm_graphql.imports import moments, numbers
from crm_graphql.imports.cells import Moments, Numbers, Refused
from crm_graphql.imports.moments import NotAMoment, OrderNeeded, read_moment
from crm_graphql.imports.plans import DateOrder
from crm_graphql.imports.rows import RowProblem
from tests.imports.plans import CUSTOMERS, ORDERS, planned, records

DMY, MDY, YMD = DateOrder.DMY, DateOrder.MDY, DateOrder.YMD
OSLO = ZoneInfo("Europe/Oslo")
HEAD = "order_id,customer_id,amount,ordered_at\n"


def written(amount: Decimal, decimal: str, thousands: str, form: str) -> str:
    """The amount as somebody writes it; `form` has `#` for the digits."""
    whole, _, decimals = f"{abs(amount):,.2f}".partition(".")
    text = form.replace("#", f"{whole.replace(',', thousands)}{decimal}{decimals}")
    return f"-{text}" if amount < 0 else text


@given(
    amount=st.decimals(min_value=-999_999_999, max_value=999_999_999, places=2),
    decimal_comma=st.booleans(),
    thousands=st.sampled_from(["", "group", " ", "\u00a0", "\u202f", "'", "\u2019"]),
    form=st.sampled_from(["#", "$#", "$ #", "# $", "USD #", "#USD", " # ", "us$ #"]),
)
def test_an_amount_in_any_dialect_reads_back_as_itself(
    amount: Decimal, decimal_comma: bool, thousands: str, form: str
) -> None:
    decimal, other = (",", ".") if decimal_comma else (".", ",")
    text = written(amount, decimal, other if thousands == "group" else thousands, form)
    (found,) = Numbers("amount", decimal_comma, "USD")([text])
    assert type(found) is str, found
    assert Decimal(found) == amount


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("(12.50)", "-12.50"),
        ("($1,250.00)", "-1250.00"),
        ("12.50-", "-12.50"),
        ("-$5", "-5"),
        ("$-5", "-5"),
        ("\u22125.25", "-5.25"),
        ("+5", "5"),
        ("$.5", "0.5"),
        ("1,25,000.50", "125000.50"),
        ("1 250", "1250"),
    ],
)
def test_signs_and_groups_are_formatting(text: str, number: str) -> None:
    assert Numbers("amount", False, "USD")([text]) == [number]


@pytest.mark.parametrize(
    "text", ["12%", "$1.2.3", "1,2,3", "12 pieces", "1e5", "7.09E+12", "10-20", "1 25", "1,234,56,789"]
)
def test_what_is_no_number_is_refused_and_says_so(text: str) -> None:
    (found,) = Numbers("Total", False, "USD")([text])
    assert isinstance(found, Refused)
    assert "is no" in found.message or "is not" in found.message


@pytest.mark.parametrize(("text", "currency"), [("\u20ac12.00", "USD"), ("12.00 EUR", "USD"), ("$5", "EUR")])
def test_another_currency_is_a_row_error(text: str, currency: str) -> None:
    (found,) = Numbers("Total", False, currency)([text])
    assert isinstance(found, Refused)
    assert f"not in {currency}" in found.message


@pytest.mark.parametrize(
    ("currency", "text"),
    [
        ("EUR", "1.250,00 \u20ac"),
        ("INR", "Rs. 1.250,00"),
        ("NOK", "kr 1.250,00"),
        ("NOK", "1.250,00 kr."),
        ("GBP", "\u00a31.250,00"),
    ],
)
def test_the_sign_of_the_deployments_currency_is_formatting(currency: str, text: str) -> None:
    assert Numbers("amount", True, currency)([text]) == ["1250.00"]


FORMS = {
    "%Y-%m-%d %H:%M:%S": None,
    "%Y-%m-%dT%H:%M:%S": None,
    "%Y/%m/%d %H:%M": None,
    "%d/%m/%Y %H:%M": DMY,
    "%d.%m.%Y %H:%M:%S": DMY,
    "%d-%m-%y %H:%M": DMY,
    "%m/%d/%Y %I:%M %p": MDY,
    "%m/%d/%y %I:%M:%S%p": MDY,
    "%y-%m-%d %H:%M": YMD,
    "%b %d, %Y %I:%M %p": None,
    "%B %d, %Y at %H:%M": None,
    "%d %b %Y %H:%M": None,
    "%a, %d %b %Y %H:%M:%S": None,
}


@given(
    moment=st.datetimes(datetime(1990, 1, 1), datetime(2060, 1, 1)),
    form=st.sampled_from(sorted(FORMS)),
    offset=st.sampled_from([None, "+0000", "-04:00", "+05:30", "Z"]),
)
def test_a_moment_in_any_form_reads_back_as_itself(moment: datetime, form: str, offset: str | None) -> None:
    second = moment.second if "%S" in form else 0
    moment = moment.replace(microsecond=0, second=second)
    text = moment.strftime(form) + ("" if offset is None else f" {offset}")
    expected = moment.replace(
        tzinfo=UTC if offset is None else datetime.fromisoformat(f"2000-01-01T00:00:00{offset}").tzinfo
    )
    assert read_moment(text, FORMS[form], UTC) == expected.astimezone(UTC)


@given(day=st.dates(date(1990, 1, 1), date(2060, 1, 1)), zone=st.sampled_from([UTC, OSLO]))
def test_a_date_alone_is_that_day_in_utc_whatever_the_zone(day: date, zone: Any) -> None:
    expected = datetime(day.year, day.month, day.day, tzinfo=UTC)
    serial = (day - date(1899, 12, 30)).days
    for text in (
        day.isoformat(),
        f"{day:%Y%m%d}",
        f"{day:%d.%m.%Y}",
        f"{day:%B} {day.day}, {day.year}",
        str(serial),
    ):
        assert read_moment(text, DMY, zone) == expected


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2024-06-01 10:15:00 -0400", datetime(2024, 6, 1, 14, 15, tzinfo=UTC)),
        ("2024-06-01T10:15:00+02:00", datetime(2024, 6, 1, 8, 15, tzinfo=UTC)),
        ("2024-06-01T10:15:00.250Z", datetime(2024, 6, 1, 10, 15, 0, 250_000, tzinfo=UTC)),
        ("2024-06-01 10:15:00 UTC", datetime(2024, 6, 1, 10, 15, tzinfo=UTC)),
        ("1735639200", datetime(2024, 12, 31, 10, tzinfo=UTC)),
        ("1735639200000", datetime(2024, 12, 31, 10, tzinfo=UTC)),
        ("45444.5", datetime(2024, 6, 1, 10, tzinfo=UTC)),
        ("2024-06-01 12:15", datetime(2024, 6, 1, 10, 15, tzinfo=UTC)),
        # The clocks of Oslo leave out half past two, and show it twice.
        ("2024-03-31 02:30", datetime(2024, 3, 31, 1, 30, tzinfo=UTC)),
        ("2024-10-27 02:30", datetime(2024, 10, 27, 0, 30, tzinfo=UTC)),
    ],
)
def test_moments_of_oslo(text: str, moment: datetime) -> None:
    assert read_moment(text, None, OSLO) == moment


@pytest.mark.parametrize(
    "text",
    [
        "31/02/2024",
        "2024-13-01",
        "2024-06-01 25:00",
        "Jun 1",
        "10:15",
        "1",
        "01062024",
        "2024-06-01 10:15 EST",
        "2024-06-01 13:00 PM",
        "99999999999",
    ],
)
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(NotAMoment):
        read_moment(text, DMY, UTC)


def test_a_date_that_contradicts_the_order_names_the_option_and_is_never_swapped() -> None:
    for text, order in (("31/12/2024", MDY), ("12/31/2024", DMY), ("31/12/2024", YMD), ("03/04/2024", None)):
        with pytest.raises(OrderNeeded, match="dateOrder"):
            read_moment(text, order, UTC)
    assert read_moment("05/05/2024", None, UTC) == datetime(2024, 5, 5, tzinfo=UTC)


def test_cells_of_a_workbook_are_moments_too() -> None:
    tokyo = timezone(timedelta(hours=9))
    read = Moments("Date", None, OSLO)
    assert read(
        [datetime(2024, 6, 1), datetime(2024, 6, 1, 12, 15), date(2024, 6, 1), 45444, Decimal("45444.5")]
    ) == [
        datetime(2024, 6, 1, tzinfo=UTC),
        datetime(2024, 6, 1, 10, 15, tzinfo=UTC),
        datetime(2024, 6, 1, tzinfo=UTC),
        datetime(2024, 6, 1, tzinfo=UTC),
        datetime(2024, 6, 1, 10, tzinfo=UTC),
    ]
    assert read([datetime(2024, 6, 1, 9, tzinfo=tokyo)]) == [datetime(2024, 6, 1, tzinfo=UTC)]
    assert isinstance(read([7])[0], Refused)


@pytest.mark.parametrize(
    ("amounts", "expected"),
    [
        (["1.200", "1.234,56"], ["1200", "1234.56"]),
        (["1,200", "1,234.56"], ["1200", "1234.56"]),
        (["1.200", "12,5"], ["1200", "12.5"]),
        (["1.234.567", "1.200"], ["1234567", "1200"]),
        (["1200", "7"], ["1200", "7"]),
        (["0.125", "3"], ["0.125", "3"]),
    ],
)
def test_one_value_that_is_impossible_otherwise_decides_the_decimal_sign(
    amounts: list[str], expected: list[str]
) -> None:
    text = HEAD + "".join(f'{n},c,"{amount}",2024-06-01\n' for n, amount in enumerate(amounts))
    _, found = planned(ORDERS, text)
    assert [row["amount"] for row in records(ORDERS, found)] == expected  # type: ignore[index]


@pytest.mark.parametrize(
    ("amounts", "question"),
    [
        (["1.200"], "decimalComma: 1.200 may be 1.200 or 1200"),
        (["5", "1,200"], "decimalComma: 1,200 may be 1200 or 1.200"),
        (["1.234,56", "1,234.56"], "decimalComma: 1,234.56 and 1.234,56 are written in two ways"),
    ],
)
def test_a_doubt_of_the_decimal_sign_is_asked_about(amounts: list[str], question: str) -> None:
    text = HEAD + "".join(f'{n},c,"{amount}",2024-06-01\n' for n, amount in enumerate(amounts))
    with pytest.raises(InvalidInput) as asked:
        planned(ORDERS, text)
    assert [(problem.message, problem.path) for problem in asked.value.problems] == [
        (question, ("decimalComma",))
    ]
    planned(ORDERS, text, decimal_comma=True)


@pytest.mark.parametrize(
    ("dates", "order"),
    [
        (["03/04/2024", "31/12/2024"], DMY),
        (["03/04/2024", "12/31/2024"], MDY),
        (["03.04.24", "31.12.24"], DMY),
        (["2024-06-01", "05/05/2024"], None),
    ],
)
def test_one_value_that_is_impossible_otherwise_decides_the_order(
    dates: list[str], order: DateOrder | None
) -> None:
    plan, found = planned(ORDERS, HEAD + "".join(f"{n},c,1,{day}\n" for n, day in enumerate(dates)))
    assert plan.options.date_order is order
    assert not any(isinstance(row, RowProblem) for row in found.rows)


@pytest.mark.parametrize(
    ("dates", "question"),
    [
        (["03/04/2024"], "dateOrder: 03/04/2024 may be March or April"),
        (["31/12/2024", "12/31/2024"], "dateOrder: 31/12/2024 and 12/31/2024 are written in two orders"),
        (["24/06/01"], "dateOrder: 24/06/01 may be 2001-06-24 or 2024-06-01"),
    ],
)
def test_a_doubt_of_the_order_is_asked_about(dates: list[str], question: str) -> None:
    text = HEAD + "".join(f"{n},c,1,{day}\n" for n, day in enumerate(dates))
    with pytest.raises(InvalidInput) as asked:
        planned(ORDERS, text)
    assert [(problem.message, problem.path) for problem in asked.value.problems] == [
        (question, ("dateOrder",))
    ]
    planned(ORDERS, text, date_order=DMY)


def test_both_doubts_are_told_at_once() -> None:
    with pytest.raises(InvalidInput) as asked:
        planned(ORDERS, HEAD + "1,c,1.200,03/04/2024\n")
    assert {problem.path for problem in asked.value.problems} == {("decimalComma",), ("dateOrder",)}


def test_what_comes_after_the_first_rows_and_contradicts_them_is_a_row_error_that_names_the_option() -> None:
    rows = [f'{n},c,"1.234,56",31/12/2024\n' for n in range(1000)]
    late = [
        'a,c,"1,234.56",31/12/2024\n',
        "b,c,12.5,31/12/2024\n",
        "c,c,5,12/31/2024\n",
        'd,c,"5,5",01/02/2024\n',
    ]
    _, found = planned(ORDERS, HEAD + "".join(rows + late), cut=300)
    first, second, third, fourth = records(ORDERS, found)[1000:]
    for problem, option in ((first, "decimalComma"), (second, "decimalComma"), (third, "dateOrder")):
        assert isinstance(problem, RowProblem)
        assert option in problem.message
    assert isinstance(fourth, dict)
    assert (fourth["amount"], fourth["ordered_at"]) == ("5.5", datetime(2024, 2, 1, tzinfo=UTC))


def test_a_doubt_that_comes_late_is_no_guess_but_a_row_error() -> None:
    rows = [f"{n},c,5,2024-06-01\n" for n in range(1000)]
    _, found = planned(
        ORDERS, HEAD + "".join([*rows, "a,c,1.200,2024-06-01\n", "b,c,5,03/04/2024\n", "c,c,5,31/12/2024\n"])
    )
    amount, day, fine = found.rows[1000:]
    assert isinstance(amount, RowProblem)
    assert (amount.field, amount.value, amount.external_id) == ("amount", "1.200", "a")
    assert "decimalComma" in amount.message
    assert isinstance(day, RowProblem)
    assert "dateOrder" in day.message
    assert not isinstance(fine, RowProblem)


def test_times_without_an_offset_are_utc_and_the_answer_says_so() -> None:
    text = "customer_id,last_visit_at\n1,2024-06-01 10:15:00\n2,2024-06-01\n"
    plan, found = planned(CUSTOMERS, text)
    assert plan.notes == ("Times without an offset are read as UTC. The option timeZone names another zone.",)
    assert records(CUSTOMERS, found)[0]["last_visit_at"] == datetime(2024, 6, 1, 10, 15, tzinfo=UTC)  # type: ignore[index]
    plan, found = planned(CUSTOMERS, text, time_zone="America/New_York")
    assert plan.notes == ()
    assert records(CUSTOMERS, found)[0]["last_visit_at"] == datetime(2024, 6, 1, 14, 15, tzinfo=UTC)  # type: ignore[index]


NUMBERS = [
    "",
    "5",
    "-5",
    "12.50",
    "1.200",
    "1.2.3",
    "1.234.567",
    "12.",
    ".5",
    "--5",
    "5-",
    "$5",
    "1,5",
    "1,234.5",
    "x",
]
DATES = [
    *(
        "",
        "2024-06-01",
        "2024-06-01T10:15:00Z",
        "31-12-2024",
        "12024-06-01",
        "2024-06-01T10:15:00",
        "024-06-01",
    ),
    *("2024-06-01 10:15", "45444", "03/04/2024", "31.12.2024", "n/a", "2024-99-99"),
]


@given(cells=st.lists(st.sampled_from(NUMBERS), min_size=1), comma=st.sampled_from([None, False, True]))
def test_numbers_are_read_alike_in_whatever_company_they_come(cells: list[str], comma: bool | None) -> None:
    read = Numbers("amount", comma, "USD")
    assert list(read(cells)) == [read([cell])[0] for cell in cells]
    if comma is not True:
        alone = [numbers.is_plain(cell, by_point=comma is False) for cell in cells]
        assert numbers.are_plain(cells, by_point=comma is False) == all(alone)


@given(cells=st.lists(st.sampled_from(DATES), min_size=1), order=st.sampled_from([None, *DateOrder]))
def test_moments_are_read_alike_in_whatever_company_they_come(
    cells: list[str], order: DateOrder | None
) -> None:
    read = Moments("date", order, UTC)
    assert list(read(cells)) == [read([cell])[0] for cell in cells]
    assert moments.are_plain(cells) == all(map(moments.is_plain, cells))


def test_a_number_says_whether_it_is_plain() -> None:
    assert numbers.are_plain(["12.50", "", "-3"], by_point=False)
    assert not numbers.are_plain(["1.200"], by_point=False)
    assert numbers.are_plain(["1.200"], by_point=True)
    assert not numbers.are_plain(["$5"], by_point=True)
    assert not numbers.are_plain(["5", "5-"], by_point=True)
