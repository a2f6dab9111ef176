"""Links of a template: which are found, and which are left alone."""

from __future__ import annotations

import time

import pytest

from crm_graphql.tracking.links import LINKS_LIMIT, LinkTable, href_spans, links_of, without_sentence_end

OWN = "https://crm.example"


def found(html: str) -> list[str]:
    return links_of(html_text=html, text=None, public_url=OWN)


@pytest.mark.parametrize(
    ("html", "links"),
    [
        ('<a href="https://a.example/?x=1&amp;y=2">x</a>', ["https://a.example/?x=1&y=2"]),
        ("<A class='a > b' HREF = 'https://a.example/'>x</A>", ["https://a.example/"]),
        ("<a href=https://a.example/b>x</a>", ["https://a.example/b"]),
        ('<area shape=rect href="https://a.example/">', ["https://a.example/"]),
        ('<a title="href=https://no.example" href="https://a.example/">x</a>', ["https://a.example/"]),
        ('<a data-href="https://no.example/" href="https://a.example/">x</a>', ["https://a.example/"]),
        ('<!--[if mso]><a href="https://a.example/">x</a><![endif]-->', ["https://a.example/"]),
        (
            """<a href="https://a.example/{{ customer.name | default: "x" }}">x</a>""",
            ["""https://a.example/{{ customer.name | default: "x" }}"""],
        ),
        ('<a href="https://a.example/">1</a><a href="https://a.example/">2</a>', ["https://a.example/"]),
        (
            '<a href="https://a.example/?a=1&copy=2&region=3">x</a>',
            ["https://a.example/?a=1&copy=2&region=3"],
        ),
        ('<!--[if mso]><v:RoundRect href="https://a.example/"><![endif]-->', ["https://a.example/"]),
        (
            "<a href='{% if x %}https://a.example/1{% else %} https://a.example/2 {% endif %}'>x</a>",
            ["https://a.example/1", "https://a.example/2"],
        ),
        (
            "<a {% if x %}href='https://a.example/1'{% else %}href='https://a.example/2'{% endif %}>",
            ["https://a.example/1", "https://a.example/2"],
        ),
        (
            "<a href='https://a.example/{% if customer.city %}1{% endif %}'>x</a>",
            ["https://a.example/{% if customer.city %}1{% endif %}"],
        ),
    ],
)
def test_links_are_found_as_they_stand_in_the_template(html: str, links: list[str]) -> None:
    assert found(html) == links


@pytest.mark.parametrize(
    "html",
    [
        '<a href="mailto:a@b.example">x</a>',
        '<a href="tel:+4930">x</a>',
        '<a href="#top">x</a>',
        '<a href="/relative">x</a>',
        '<a href="cid:picture">x</a>',
        '<a href="{{ unsubscribe_url }}">x</a>',
        '<a href="{{ customer.custom.page }}">x</a>',
        '<a href="https://{{ customer.city }}.example/">x</a>',
        '<a href="https://a.example{{ customer.city }}/">x</a>',
        '<a href="https://a.example:{{ customer.city }}/">x</a>',
        '<a href="https://a.example@{{ customer.city }}/">x</a>',
        '<a href="{{ customer.city }}https://a.example/">x</a>',
        '<a href="{% if customer.city %}https://a.example{{ customer.city }}{% endif %}">x</a>',
        '<a href="https://crm.example/u/token">x</a>',
        '<a href="HTTPS://CRM.example/preferences/token">x</a>',
        '<a href="https://good.com@evil.com/">x</a>',
        '<link href="https://a.example/style.css">',
        '<style>a { background: url("https://a.example/a.png") }</style>',
        '<img src="https://a.example/a.png">',
        '<abbr href="https://a.example/">x</abbr>',
        "<a href>x</a>",
        '<a href="">x</a>',
    ],
)
def test_what_is_no_link_to_a_written_out_host_is_left_alone(html: str) -> None:
    assert found(html) == []


def test_links_in_plain_text_end_before_the_marks_of_their_sentence() -> None:
    text = "See https://a.example/b?c=d. (Or https://a.example/e_(f)), https://a.example/{{ customer.name }}!"
    links = links_of(html_text=None, text=text, public_url=OWN)
    assert links == [
        "https://a.example/b?c=d",
        "https://a.example/e_(f)",
        "https://a.example/{{ customer.name }}",
    ]
    text = "{% if x %}https://a.example/1.{% else %}https://a.example/2{% endif %}."
    text += " {% if x %}https://a.example/3{% endif %}"
    assert links_of(html_text=None, text=text, public_url=OWN) == [
        f"https://a.example/{n}" for n in (1, 2, 3)
    ]
    assert without_sentence_end("https://a.example/x...") == "https://a.example/x"


def test_a_campaign_has_so_many_tracked_links_at_most() -> None:
    html = "".join(f'<a href="https://a.example/{number}">x</a>' for number in range(LINKS_LIMIT + 5))
    assert len(found(html)) == LINKS_LIMIT


def test_an_address_is_the_link_that_says_most_of_it() -> None:
    table = LinkTable(
        ["https://a.example/?n={{ x }}", "https://a.example/?n={{ x }}&utm=1", "https://a.example/?n=1"]
    )
    assert table.find("https://a.example/?n=Ida") == (0, "https://a.example/?n=Ida")
    assert table.find("https://a.example/?n=Ida&utm=1") == (1, "https://a.example/?n=Ida&utm=1")
    assert table.find("https://a.example/?n=1") == (2, "https://a.example/?n=1")
    assert table.find("https://b.example/?n=1") is None


@pytest.mark.parametrize(
    "value", ["@evil.example", "\\evil.example", "\r\nx: y", "../../..", "//evil.example"]
)
def test_whatever_a_value_says_the_host_stays(value: str) -> None:
    table = LinkTable(["https://a.example/{{ customer.name }}"])
    found = table.find(f"https://a.example/{value}")
    assert found is None or found[1].startswith("https://a.example/")


@pytest.mark.parametrize("piece", ['<a "', "<a x", "<a '\"", "<a href=", '<a href="', "<a =", "<a   "])
def test_time_grows_with_the_text_whatever_it_holds(piece: str) -> None:
    began = time.perf_counter()
    list(href_spans(piece * 50_000))
    assert time.perf_counter() - began < 2.0
