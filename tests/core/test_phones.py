"""Telephone numbers are read as people mean them, and as the library understands them."""

from __future__ import annotations

import phonenumbers
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from phonenumbers import NumberParseException, PhoneNumberFormat

from crm_graphql.core import phones
from crm_graphql.core.phones import NotANumber, beginnings, is_dialable, read_beginning, read_phone

MOBILE = "+491701234567"


@pytest.mark.parametrize(
    "written",
    [
        MOBILE,
        "+49 170 1234567",
        "+49 (0) 170 1234567",
        "+49(0)170-1234567",
        "+49 [0] 170/1234567",
        "0049 170 1234567",
        "(0049) 170 1234567",
        "(+49) 170 1234567",
        "tel:+49-170-1234567",
        "TEL: +49 170 1234567",
        "+49 170 1234567 ext. 12",
        "+49 170 1234567 x12",
        "tel:+49-170-1234567;ext=12",
        "+49\u00a0170\u20131234567",
        "\u202a+49\u200b170\u20111234567\u202c",
        "\uff0b49 170 1234567",
        "'+491701234567",
        "004917012345\u0036\u0037",
        "+\u0664\u0669 170 1234567",
        "00491701234567.0",
    ],
)
@pytest.mark.parametrize("country", [None, "US", "DE"])
def test_formatting_is_nothing(written: str, country: str | None) -> None:
    assert read_phone(written, country) == MOBILE


@pytest.mark.parametrize(
    ("written", "country", "number"),
    [
        ("0170 1234567", "DE", MOBILE),
        ("(0170) 1234567", "DE", MOBILE),
        ("1701234567", "DE", MOBILE),
        ("491701234567", "DE", MOBILE),
        ("491701234567.0", "DE", MOBILE),
        ("4.91701234567E+11", "DE", MOBILE),
        ("4,91701234567E+11", "DE", MOBILE),
        ("020 7946 0958", "GB", "+442079460958"),
        ("011 44 20 7946 0958", "US", "+442079460958"),
        ("(212) 555-0132", "US", "+12125550132"),
        ("1-212-555-0132", "US", "+12125550132"),
        ("22 00 00 01", "NO", "+4722000001"),
        ("06 69812345", "IT", "+390669812345"),
        ("8 (495) 123-45-67", "RU", "+74951234567"),
    ],
)
def test_a_number_without_country_is_one_of_the_default_country(
    written: str, country: str, number: str
) -> None:
    assert read_phone(written, country) == number
    assert is_dialable(number)


@pytest.mark.parametrize(
    ("written", "digits"),
    [
        ("0170 1234567", "01701234567"),
        ("491701234567", "491701234567"),
        ("491701234567.0", "491701234567"),
        ("491701234567.00", "491701234567"),
        ("4.91701234567E+11", "491701234567"),
    ],
)
def test_without_any_country_the_digits_are_kept_and_nobody_can_dial_them(written: str, digits: str) -> None:
    assert read_phone(written, None) == digits
    assert not is_dialable(digits)


@pytest.mark.parametrize("zero", ["+39 (0)6 69812345", "+39 06 69812345"])
def test_a_zero_in_brackets_is_dialled_where_numbers_have_it(zero: str) -> None:
    assert read_phone(zero, None) == "+390669812345"


@pytest.mark.parametrize("written", ["4.91701E+11", "4,91701E+11", "4.9E11", "4.91701E+012", "5E+11"])
def test_what_lost_its_digits_is_no_number(written: str) -> None:
    with pytest.raises(NotANumber, match="shortened by a spreadsheet"):
        read_phone(written, "DE")


@pytest.mark.parametrize(
    "written",
    [
        *("call me", "", "+", "1234", "12+345678", "+49", "+0 170 1234567", "+999 1234567", "1-800-FLOWERS"),
        *("+49 170 123456 abc", "0170 1234567 or 0171 1234567", "+49 170 1234567 / 0171 1234567", "1" * 300),
        *("555-0132", "+1 555-0132", "ida@example.com", "2024-06-30T10:00"),
    ],
)
def test_what_cannot_be_a_number_is_refused(written: str) -> None:
    with pytest.raises(NotANumber, match="is not a telephone number"):
        read_phone(written, "US")


def _by_the_library(text: str) -> str | None:
    """What the library alone makes of a number with its country."""
    try:
        number = phonenumbers.parse(text, None)
    except NumberParseException:
        return None
    if phonenumbers.is_possible_number_with_reason(number) != phonenumbers.ValidationResult.IS_POSSIBLE:
        return None
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


_CODES = st.sampled_from(sorted(phonenumbers.COUNTRY_CODE_TO_REGION_CODE))


@given(code=_CODES, national=st.from_regex(r"[0-9]{3,12}", fullmatch=True))
@example(code=54, national="91123456789")
@example(code=52, national="15512345678")
@example(code=39, national="0669812345")
@example(code=800, national="12345678")
def test_the_short_way_gives_what_the_library_gives_or_nothing(code: int, national: str) -> None:
    text = f"+{code}{national}"
    if phones._PLAIN.fullmatch(text) and (found := phones._read_plain(text)) is not None:
        assert found == _by_the_library(text)


@given(
    region=st.sampled_from(sorted(phonenumbers.SUPPORTED_REGIONS)),
    text=st.from_regex(
        r"\\A(\\(0[0-9]{2,4}\\)|\\+?[0-9]{2,5})([ /-]?[0-9]{2,4}){1,3}\\Z".replace("\\\\", "\\")
    ),
)
@example(region="DE", text="0170 1234567")
@example(region="BR", text="015 11 2345 6789")
@example(region="IL", text="017 713181183")
def test_the_quick_way_gives_what_the_slow_way_gives_or_nothing(region: str, text: str) -> None:
    if (found := phones._read_quickly(text, region)) is not None:
        assert found == phones._read_slowly(text, region)


@pytest.mark.parametrize("region", sorted(phonenumbers.SUPPORTED_REGIONS))
def test_most_numbers_at_home_with_a_trunk_zero_are_read_quickly(region: str) -> None:
    number = phonenumbers.example_number(region)
    assert number is not None
    home = "0" + phonenumbers.national_significant_number(number)
    if (found := phones._read_quickly(home, region)) is not None:
        assert found == phones._read_slowly(home, region)
    assert region not in ("DE", "GB", "FR", "NL", "IN") or found


@pytest.mark.parametrize("region", sorted(phonenumbers.SUPPORTED_REGIONS))
def test_the_example_of_every_country_is_read_in_each_of_its_forms(region: str) -> None:
    number = phonenumbers.example_number(region)
    assert number is not None
    e164 = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    assert read_phone(e164, None) == e164
    for form in (PhoneNumberFormat.INTERNATIONAL, PhoneNumberFormat.RFC3966):
        assert read_phone(phonenumbers.format_number(number, form), None) == e164
    assert read_phone(phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL), region) == e164


@example(text="0/0000", country=None)
@example(text="0 049 170 1234567", country="DE")
@given(
    text=st.text(st.sampled_from("+0123456789 ()-/.x\u2013"), max_size=18),
    country=st.sampled_from([None, "DE", "US"]),
)
def test_reading_a_number_again_changes_nothing(text: str, country: str | None) -> None:
    try:
        number = read_phone(text, country)
    except NotANumber:
        return
    assert read_phone(number, None) == number


def test_the_beginning_of_a_number_is_the_beginning_of_what_is_stored() -> None:
    assert read_beginning("+49 (170", None) == "+49170"
    assert read_beginning("0049 170", None) == "+49170"
    assert read_beginning("0170 12", "DE") == "+4917012"
    assert read_beginning("0170 12", None) == "017012"
    assert "+49170123" in beginnings("49 170 123", None)
    assert beginnings("anna 1", "DE") == ()
