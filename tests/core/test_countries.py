"""A country is one, by whichever of its names."""

from __future__ import annotations

import pycountry
import pytest

from crm_graphql.core.countries import country_code, country_forms


@pytest.mark.parametrize(
    ("code", "names"),
    [
        (
            "GB",
            [
                "GB",
                "gb",
                "UK",
                "U.K.",
                "GBR",
                "United Kingdom",
                "the united kingdom",
                "England",
                "Great Britain",
            ],
        ),
        ("US", ["US", "USA", "U.S.A.", "United States", "United States of America", "America"]),
        (
            "DE",
            [
                "DE",
                "Germany",
                "Deutschland",
                "DEUTSCHLAND",
                "Allemagne",
                "Alemania",
                "Federal Republic of Germany",
            ],
        ),
        ("NL", ["Netherlands", "The Netherlands", "Nederland", "Holland"]),
        ("KR", ["Korea, Republic of", "Republic of Korea", "South Korea"]),
        ("CI", ["C\u00f4te d'Ivoire", "Cote d\u2019Ivoire", "Ivory Coast"]),
        ("RU", ["Russia", "Russian Federation", "\u0420\u043e\u0441\u0441\u0438\u044f"]),
        ("TR", ["Turkey", "T\u00fcrkiye", "Turkiye"]),
        ("IN", ["India", "IND", " in "]),
        ("CN", ["China", "\u4e2d\u56fd"]),
    ],
)
def test_a_country_is_known_by_its_names(code: str, names: list[str]) -> None:
    assert {country_code(name) for name in names} == {code}


@pytest.mark.parametrize("text", ["", "-", "Atlantis", "Europe", "12", "x" * 10_000])
def test_what_is_no_country_is_none(text: str) -> None:
    assert country_code(text) is None


def test_every_country_is_known_by_each_of_its_forms_but_those_that_several_share() -> None:
    for country in pycountry.countries:
        assert country_code(country.alpha_2) == country_code(country.alpha_3) == country.alpha_2
        assert country_code(country.name) == country.alpha_2
        assert {country_code(form) for form in country_forms(country.alpha_2)} <= {country.alpha_2, None}
