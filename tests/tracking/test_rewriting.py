"""A person's message with tracked links, byte for byte."""

from __future__ import annotations

import re
from typing import Any

from bson import ObjectId

from crm_graphql.tracking.links import links_of
from crm_graphql.tracking.rewriting import tracked
from crm_graphql.tracking.tokens import Kind, Signer, read_seen

KEY = b"k" * 32
CAMPAIGN = ObjectId()
SIGNER = Signer("https://crm.example", CAMPAIGN, KEY)
ROW = {"number": 7}
TEMPLATE = (
    '<html><body><A HREF="https://a.example/?x=1&amp;y=2#z" class="k">A</A>'
    '<a href="https://a.example/{{ customer.name }}">B</a><a href="mailto:a@b.example">C</a>'
    '<img src="https://a.example/a.png"></body></html>'
)


def campaign(**changes: Any) -> dict[str, Any]:
    links = links_of(html_text=TEMPLATE, text=None, public_url="https://crm.example")
    return {"_id": CAMPAIGN, "tracks_opens": True, "tracks_clicks": True, "links": links, **changes}


def html(text: str, **changes: Any) -> str:
    made, _ = tracked(text, None, campaign(**changes), ROW, SIGNER)
    assert made is not None
    return made


def targets(text: str) -> list[str]:
    tokens = re.findall(r"https://crm\.example/c/([\w-]+)", text)
    return [seen.target for token in tokens if (seen := read_seen(token, Kind.CLICK, KEY))]


def rendered(name: str) -> str:
    return TEMPLATE.replace("{{ customer.name }}", name)


def test_links_lead_where_they_led_and_nothing_else_changes() -> None:
    made = html(rendered("S&amp;d &lt;b&gt;"), tracks_opens=False)
    assert targets(made) == ["https://a.example/?x=1&y=2#z", "https://a.example/S&d%20%3Cb%3E"]
    back = re.sub(r"https://crm\.example/c/[\w-]+", "LINK", made)
    assert back == (
        '<html><body><A HREF="LINK" class="k">A</A><a href="LINK">B</a><a href="mailto:a@b.example">C</a>'
        '<img src="https://a.example/a.png"></body></html>'
    )


def test_a_link_leads_where_a_browser_would_have_gone() -> None:
    text = '<a href="https://a.example/?a=1&copy=2&region=3&notify=4&amp;times=5&lt;&#38;b">x</a>'
    links = links_of(html_text=text, text=None, public_url="https://crm.example")
    assert targets(html(text, tracks_opens=False, links=links)) == [
        "https://a.example/?a=1&copy=2&region=3&notify=4&times=5%3C&b"
    ]


def test_a_link_that_a_condition_chooses_is_tracked_for_everybody() -> None:
    either = "{% if customer.city %}https://a.example/1{% else %}https://a.example/2{% endif %}"
    links = links_of(html_text=f'<a href="{either}">', text=either, public_url="https://crm.example")
    for url in ("https://a.example/1", "https://a.example/2"):
        assert targets(html(f'<a href="{url}">', tracks_opens=False, links=links)) == [url]


def test_the_same_message_is_always_the_same_bytes() -> None:
    assert html(rendered("x")) == html(rendered("x"))


def test_the_picture_is_the_last_of_the_body() -> None:
    made = html(rendered("x"), tracks_clicks=False)
    picture = re.search(
        r'<img src="https://crm\.example/o/([\w-]+)\.gif"[^>]* alt=""[^>]*></body></html>$', made
    )
    assert picture is not None
    assert (seen := read_seen(picture[1], Kind.OPEN, KEY)) is not None
    assert seen.number == 7
    assert html("<p>no body</p>").endswith('border:0">')


def test_a_link_that_a_value_brings_is_left_as_it_is() -> None:
    text = '<a href="https://evil.example/">x</a><a href="https://a.example.evil.example/">y</a>'
    assert html(text, tracks_opens=False) == text


def test_plain_text_has_its_links_and_no_picture() -> None:
    text = "Look: https://a.example/b, or https://other.example/."
    links = links_of(html_text=None, text="https://a.example/b", public_url="https://crm.example")
    _, made = tracked(None, text, campaign(links=links), ROW, SIGNER)
    assert made is not None
    assert targets(made) == ["https://a.example/b"]
    assert re.sub(r"https://crm\.example/c/[\w-]+", "LINK", made) == "Look: LINK, or https://other.example/."


def test_who_is_not_tracked_and_what_is_not_stays_byte_for_byte() -> None:
    text = rendered("x")
    assert html(text, tracks_opens=False, tracks_clicks=False) == text
    untracked, _ = tracked(text, None, campaign(), {**ROW, "is_tracked": False}, SIGNER)
    assert untracked == text
    assert html(text, tracks_opens=False, links=[]) == text
