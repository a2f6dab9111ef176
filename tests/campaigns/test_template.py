"""What message templates accept, refuse and render, hostile ones included."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_graphql.campaigns.template import Rendered, RenderFailed, parse
from crm_graphql.campaigns.template_fields import (
    CATALOGUE,
    EXAMPLE_CAMPAIGN_NAME,
    EXAMPLE_CUSTOMER,
    FIELD_NAMES,
)
from crm_graphql.core.channels import Channel
from crm_graphql.core.errors import ErrorCode, InvalidInput, Problem
from crm_graphql.core.money import to_units


def render(
    body: str,
    customer: dict[str, Any] | None = None,
    *,
    subject: str | None = None,
    channel: Channel = Channel.EMAIL,
) -> Rendered:
    """The message for a customer document, by way of the frozen values."""
    template = parse(subject, body, channel)
    values = template.freeze(EXAMPLE_CUSTOMER if customer is None else customer, campaign_name="Spring")
    return template.render(values)


def problems(
    body: str, *, subject: str | None = None, channel: Channel = Channel.EMAIL
) -> tuple[Problem, ...]:
    """What is wrong with a message."""
    with pytest.raises(InvalidInput) as refused:
        parse(subject, body, channel)
    return refused.value.problems


def test_renders_subject_and_body() -> None:
    rendered = render(
        "Hi {{ customer.name | default: 'there' }}, this is {{ campaign.name }}.",
        {"name": "Ann"},
        subject="For {{ customer.name }}",
    )
    assert rendered == Rendered("For Ann", "Hi Ann, this is Spring.", ())


def test_a_default_stands_in_and_is_not_missing() -> None:
    body = (
        "Hi {{ customer.name | strip | default: 'you' }} in {{ customer.city }}{{ customer.city | upcase }}!"
    )
    assert render(body, {}) == Rendered(None, "Hi you in !", ("customer.city",))


def test_a_value_that_is_only_asked_for_is_not_missing() -> None:
    assert (
        render("{% if customer.city %}In {{ customer.city }}{% else %}Nowhere{% endif %}", {}).missing == ()
    )


def test_money_is_exact_and_compares_exactly() -> None:
    customer = {"total_spend": to_units("99.90")}
    body = (
        "{{ customer.total_spend }} {{ customer.total_spend | times: 3 }} {{ 0.1 | plus: 0.2 }}"
        "{% if customer.total_spend > 99.90 %} more{% endif %}"
        "{% if customer.total_spend == 99.90 %} equal{% endif %}"
    )
    assert render(body, customer).body == "99.90 299.70 0.3 equal"


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("100 | divided_by: 7", "14"),
        ("100.0 | divided_by: 7 | round: 2", "14.29"),
        ("2.5 | round", "3"),
        ("7 | modulo: 3", "1"),
        ("1.2 | ceil", "2"),
        ("-1.2 | floor", "-2"),
        ("-3 | abs", "3"),
        ("5 | at_most: 3 | at_least: 4 | minus: 1", "3"),
        ("'12.50' | plus: 1", "13.50"),
        ("'nothing' | plus: 1", "1"),
    ],
)
def test_arithmetic(expression: str, expected: str) -> None:
    assert render(f"{{{{ {expression} }}}}").body == expected


@pytest.mark.parametrize(
    ("expression", "spend", "expected"),
    [
        ("divided_by: 3", "37.50", "12.50"),
        ("divided_by: 3", "10.00", "3.33"),
        ("divided_by: 3 | times: 3", "10.00", "10.00"),
        ("times: 0.15", "37.50", "5.63"),
        ("plus: 1", "0.0001", "1.0001"),
        ("divided_by: 7 | append: ' EUR'", "99.99", "14.28 EUR"),
        ("minus: 40 | abs", "37.50", "2.50"),
        ("modulo: 7", "37.50", "2.50"),
        ("at_most: 5", "37.50", "5.00"),
        ("times: 0.1", "-0.01", "0.00"),
        ("times: 1000", "999999999.99", "999999999990.00"),
        ("round: 1", "37.55", "37.6"),
        ("round", "37.50", "38"),
        ("floor", "37.50", "37"),
    ],
)
def test_money_stays_money_in_arithmetic(expression: str, spend: str, expected: str) -> None:
    body = f"{{{{ customer.total_spend | {expression} }}}}"
    template = parse(
        None, body.replace("customer.total_spend |", "customer.total_spend | default: 1 |"), Channel.SMS
    )
    values = template.freeze({"total_spend": to_units(spend)}, campaign_name="x")
    assert template.render(values).body == expected


def test_money_stays_money_on_the_right_side() -> None:
    customer = {"total_spend": to_units("37.50")}
    assert render("{{ 100 | minus: customer.total_spend }}", customer).body == "62.50"


def test_a_row_that_fails_names_the_place() -> None:
    template = parse(None, "Hi\n{% if customer.city == 'X' %}{{ 1 | divided_by: 0 }}{% endif %}", Channel.SMS)
    with pytest.raises(RenderFailed, match="body, line 2, column 37: a division by zero"):
        template.render({"customer": {"city": "X"}})


def test_dates_are_formatted_and_print_as_utc_without_a_format() -> None:
    customer = {"last_visit_at": datetime(2024, 6, 30, 9, 30, tzinfo=UTC)}
    body = "{{ customer.last_visit_at | date: '%d %B %Y' }} {{ customer.last_visit_at }}"
    assert render(body, customer).body == "30 June 2024 2024-06-30T09:30:00Z"


def test_only_what_the_message_uses_is_frozen() -> None:
    template = parse(None, "{{ customer.tags | join: ', ' }} {{ customer.visit_count }}", Channel.SMS)
    assert template.fields == ("customer.tags", "customer.visit_count")
    assert template.customer_fields == ("tags", "visit_count")
    assert template.freeze(EXAMPLE_CUSTOMER, campaign_name="x") == {
        "customer": {"tags": ["newsletter"], "visit_count": 7}
    }


def test_values_are_escaped_in_html_emails_only() -> None:
    nasty = {"name": "<b>O'Brien & co</b>", "tags": ["<x>"]}
    html = parse(None, "<p>{{ customer.name }}</p>", Channel.EMAIL)
    assert html.html
    assert render("<p>{{ customer.name }}</p>", nasty).body == (
        "<p>&lt;b&gt;O&#39;Brien &amp; co&lt;/b&gt;</p>"
    )
    assert render("Dear {{ customer.name }}, 1 < 2", nasty).body == "Dear <b>O'Brien & co</b>, 1 < 2"
    assert render("<p>{{ customer.name }}", nasty, channel=Channel.SMS).body == "<p><b>O'Brien & co</b>"


@pytest.mark.parametrize(
    "placeholder",
    [
        "customer.name",
        "customer.name | newline_to_br",
        "customer.name | append: '<br>'",
        "customer.name | strip_newlines",
        "customer.name | replace: 'x', '<i>'",
        "customer.name | escape",
        "customer.name | escape_once",
        "customer.name | url_decode",
        "customer.name | split: ' ' | join: '<br>'",
        "customer.tags | join: ', '",
        "customer.tags | first",
        "customer.tags",
        "'<b>' | append: customer.name",
        "customer.nowhere | default: customer.name",
    ],
)
def test_no_filter_lets_a_value_through_as_markup(placeholder: str) -> None:
    placeholder = placeholder.replace("customer.nowhere", "customer.city")
    attack = "<script>x</script> %3Cscript%3E &lt;script&gt;"
    body = render(f"<p>{{{{ {placeholder} }}}}</p>", {"name": attack, "tags": [attack]}).body
    assert "<script" not in body


def test_a_subject_is_always_one_line() -> None:
    rendered = render("x", {"name": "Ann\r\nBcc: everyone@example.com"}, subject=" Hi\n{{ customer.name }} ")
    assert rendered.subject == "Hi Ann Bcc: everyone@example.com"


@pytest.mark.parametrize(
    ("body", "line", "column", "says"),
    [
        (
            "Hi {{ customer.nme }}",
            1,
            7,
            'Did you mean "customer.name"? Known are: customer.name,',
        ),
        ("a\nbc {{ birthday }}", 2, 7, '"birthday" is not a value of a message'),
        ("{{ customer }}", 1, 4, '"customer" is not a value'),
        ("{{ customer.name.length }}", 1, 4, '"customer.name.length" is not a value'),
        ("{{ now }}", 1, 4, '"now" is not a value'),
        ("x\n  {{ customer.name | }}", 2, 6, "expected word, found end of expression"),
        ("x\n{{ customer.name", 2, 1, "expected '}}', found end of file"),
        ("\n{% if customer.name %} x", 2, 1, "never closed with {% endif %}"),
        ("{% if true %}{% for t in customer.tags %}{% endif %}", 1, 45, "endif"),
        ("{% unknown %}", 1, 4, "unexpected tag 'unknown'"),
        ("{% include 'secret' %}", 1, 4, "unexpected tag 'include'"),
        ("{% if false %}\n{{ 1 | nothing }}{% endif %}", 2, 8, '"nothing" is not a filter'),
        ("{{ customer.name | safe }}", 1, 20, '"safe" is not a filter'),
        ("{% assign customer = 1 %}", 1, 11, "assign to another"),
        (
            "{{ 100 | divided_by: customer.visit_count }}",
            1,
            10,
            "without any of its values: a division by zero",
        ),
        ("{{ 'now' | date: '%H' }}", 1, 12, "cannot name the current time"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(body: str, line: int, column: int, says: str) -> None:
    (problem,) = problems(body)
    assert problem.code is ErrorCode.INVALID
    assert problem.path == ("message", "body")
    assert (problem.line, problem.column) == (line, column)
    assert says in problem.message


def test_all_problems_of_both_texts_are_listed() -> None:
    found = problems("{{ a }} {{ b }}", subject="{{ c")
    assert [problem.path[1] for problem in found] == ["subject", "body", "body"]


@pytest.mark.parametrize("body", ["", " \n"])
def test_an_empty_body_is_refused(body: str) -> None:
    assert problems(body)[0].code is ErrorCode.REQUIRED


def test_only_emails_have_subjects() -> None:
    (problem,) = problems("x", subject="Hi", channel=Channel.SMS)
    assert problem.path == ("message", "subject")


def test_a_body_that_is_too_long_is_refused() -> None:
    assert problems("x" * 50_001)[0].code is ErrorCode.LIMIT_EXCEEDED


@pytest.mark.parametrize(
    "body",
    [
        "{% for i in (1..1000000000) %}{% endfor %}",
        "{% for i in (1..1000000000) reversed %}{% endfor %}",
        "{{ (1..1000000000) | join: '' }}",
        "{% assign n = 1000000000 %}{% for i in (1..n) %}{% endfor %}",
        "{% for i in (1..999) %}{% for j in (1..999) %}{% endfor %}{% endfor %}",
        "{% for i in (1..1000) %}" + "{{ i }}" * 300 + "{% endfor %}",
        "{% for i in (1..1000) %}{% endfor %}" * 300,
        "{% assign s = 'ab' %}{% for i in (1..1000) %}{% assign s = s | append: s %}{% endfor %}",
        "{% assign s = 'aaaaaaaaaa' %}" + "{% assign s = s | replace: 'a', s %}" * 40,
        "{% assign s = 'a' %}{% for i in (1..1000) %}{% assign s = s | append: 'aaaaaaaaaaaaaaaaaaaa' %}"
        "{{ s }}{% endfor %}",
        "{% assign n = 9 %}{% for i in (1..1000) %}{% assign n = n | times: n %}{% endfor %}",
        "{% assign s = 'x' %}{% for i in (1..1000) %}{% assign s = s | append: 'xxxxxxxx' %}{% endfor %}"
        "{% assign l = s | split: '' %}{{ l | join: s }}",
        "{% if true %}" * 60 + "{% endif %}" * 60,
        "{{ customer.name" + "[customer.name" * 3000 + "]" * 3000 + " }}",
        "{{ x" * 12_000,
        "{% if " * 8_000,
    ],
)
def test_a_hostile_template_is_refused_at_once(body: str) -> None:
    begun = time.process_time()
    assert problems(body)
    assert time.process_time() - begun < 2


def test_the_clock_is_out_of_reach() -> None:
    body = "{% if false %}{% assign now = 1 %}{% assign today = 1 %}{% endif %}[{{ now }}{{ today }}]"
    assert render(body).body == "[]"


def test_a_row_that_the_template_fails_for_says_why() -> None:
    template = parse(None, "{% for t in customer.tags %}{{ t }}{% endfor %}", Channel.SMS)
    values = template.freeze({"tags": [str(n) for n in range(2000)]}, campaign_name="x")
    with pytest.raises(RenderFailed, match="loop iteration limit"):
        template.render(values)


_texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)
_EVERYTHING = "|".join(f"{{{{ {name} }}}}" for name in FIELD_NAMES)


@given(
    name=_texts,
    city=st.none() | _texts,
    tags=st.lists(_texts, max_size=3),
    spend=st.integers(-(10**12), 10**12),
)
def test_the_same_row_always_gives_the_same_text(
    name: str, city: str | None, tags: list[str], spend: int
) -> None:
    template = parse(None, _EVERYTHING, Channel.SMS)
    customer = {"name": name, "city": city, "tags": tags, "total_spend": spend, "visit_count": 0}
    values = template.freeze(customer, campaign_name="x")
    assert template.render(values) == template.render(values)
    assert template.render(values).body.startswith(f"{name}|")


def test_the_catalogue_shows_what_is_rendered() -> None:
    for field in CATALOGUE:
        rendered = render(f"{{{{ {field.name} }}}}").body
        assert rendered == (field.example if field.name != "campaign.name" else "Spring")
    assert {field.name: field.example for field in CATALOGUE}["campaign.name"] == EXAMPLE_CAMPAIGN_NAME
