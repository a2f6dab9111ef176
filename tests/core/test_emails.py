"""An address is what people see of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_graphql.core.emails import plain_email


@pytest.mark.parametrize(
    "written",
    [
        "ida@example.com",
        "\ufeffida@example.com",
        "i\u200bda@example.com",
        "ida\u00ad@exam\u00adple.com",
        "\u202aida@example.com\u202c",
        "ida@example.com\u200e\u200f",
        "\u00a0ida@example.com\u2007\u3000",
        "ida\u2060@\u2066example.com\u2069",
        "i\ufe0fd\u034fa@example.com",
        "\uff49\uff44\uff41\uff20example.com",
        "\tida@example.com\r\n",
    ],
)
def test_invisible_signs_are_nothing(written: str) -> None:
    assert plain_email(written) == "ida@example.com"


def test_letters_have_one_form() -> None:
    assert plain_email("zoe\u0308@example.com") == "zo\u00eb@example.com"


@given(st.text(max_size=8))
def test_a_plain_address_stays_as_it_is(text: str) -> None:
    assert plain_email(plain_email(text)) == plain_email(text)
