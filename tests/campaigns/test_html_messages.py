"""Messages with HTML: what is escaped, what is made of it, and what is refused at its place."""

from __future__ import annotations

import time
from typing import Any

import pytest

from crm_graphql.campaigns.documents import MessageTemplate, WhatsappMessage, WhatsappParameter
from crm_graphql.campaigns.drafts import MessageDraft, checked_template, completed
from crm_graphql.campaigns.message_texts import HTML_LIMIT, Texts
from crm_graphql.campaigns.template import Rendered, parse_texts
from crm_graphql.core.channels import Channel
from crm_graphql.core.errors import ErrorCode, InvalidInput
from crm_graphql.custom_fields.definitions import NO_FIELDS

SCRIPT = "<script>alert('x')</script>"


def render(texts: Texts, customer: dict[str, Any], channel: Channel = Channel.EMAIL) -> Rendered:
    template = parse_texts(texts, channel)
    return template.render(template.freeze(customer, campaign_name="Spring"))


def places(message: MessageTemplate, channel: Channel) -> list[tuple[str, ErrorCode]]:
    """Where something is wrong with the message."""
    with pytest.raises(InvalidInput) as refused:
        checked_template(message, channel, NO_FIELDS)
    return [(".".join(problem.path), problem.code) for problem in refused.value.problems]


def test_values_are_escaped_in_html_and_stay_as_they_are_beside_it() -> None:
    texts = Texts("Hi {{ customer.name }}", "Hi {{ customer.name }}", "<b>{{ customer.name }}</b>")
    shown = render(texts, {"name": SCRIPT})
    assert shown.html == "<b>&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;</b>"
    assert shown.subject == shown.body == f"Hi {SCRIPT}"


@pytest.mark.parametrize(
    ("html", "before"),
    [
        ("<html><body class='a>b'><p>Hi</p></body></html>", "<html><body class='a>b'>"),
        ("<!-- <body> --><BODY\nid=x><p>Hi</p>", "<!-- <body> --><BODY\nid=x>"),
        ("<p>Hi</p>", ""),
        ('<body {% if customer.name == "a>b" %}id="x"{% endif %}><p>Hi</p>', "<body >"),
    ],
)
def test_a_preheader_stands_hidden_and_escaped_at_the_beginning_of_the_body(html: str, before: str) -> None:
    shown = render(Texts("S", "B", html, "For {{ customer.name }}\nonly"), {"name": "<b>"})
    assert shown.html is not None
    head, hidden, rest = shown.html.partition('<div style="display:none')
    assert (head, bool(hidden)) == (before, True)
    assert ">For &lt;b&gt; only</div>" in rest
    assert "Hi</p>" in rest
    assert shown.preheader == "For <b> only"
    assert "\U0010fff2" not in shown.html


def test_a_preheader_that_is_empty_for_somebody_leaves_nothing_behind() -> None:
    shown = render(Texts("S", "B", "<p>Hi</p>", "{{ customer.city }}"), {})
    assert shown.html == "<p>Hi</p>"


@pytest.mark.parametrize(
    "before",
    ["<!DOCTYPE html>", "<!doctype html><html>", "<html><head><style>p{}</style></head>"],
)
def test_a_preheader_stands_behind_the_head_where_no_tag_begins_the_body(before: str) -> None:
    shown = render(Texts("S", "B", f"{before}<p>Hi</p>", "Look"), {}).html
    assert shown is not None
    assert shown.startswith(f"{before}<div")
    assert shown.endswith("Look</div><p>Hi</p>")


def test_a_preheader_also_goes_into_a_body_that_is_html() -> None:
    shown = render(Texts("S", "<p>Hi</p>", preheader="Look"), {})
    assert shown.body == shown.html
    assert "Look</div><p>Hi</p>" in shown.body


def test_parameters_of_a_template_are_one_line_each_and_in_their_order() -> None:
    texts = Texts(parameters=(("name", "{{ customer.name }}"), ("city", "{{ customer.city }}!")))
    shown = render(texts, {"name": "Ann\n \tLee", "city": "Rome"}, Channel.WHATSAPP)
    assert shown.parameters == (("name", "Ann Lee"), ("city", "Rome!"))
    assert not shown.is_empty


async def test_a_body_that_is_left_out_is_made_from_the_html_with_its_links() -> None:
    html = (
        "<html><head><title>T</title><style>p{color:red}</style></head><body>"
        "<p>Hi&nbsp;{{ customer.name | default: 'you' }},<br>see <a href='https://shop.test/?a=1&amp;b=2'>"
        "our shop</a>.</p>"
        "<table>{% for tag in customer.tags %}<tr><td>{{ tag }}</td></tr>{% endfor %}</table>"
        "<ul><li>One</li><li>Two</li></ul><a href='{{ unsubscribe_url }}'>Unsubscribe</a></body></html>"
    )
    made = await completed(MessageTemplate(subject="S", html=html))
    assert made.html == html
    text = render(Texts(body=made.body), {"tags": ["a", "b<c"]}).body
    assert "Hi you,\nsee our shop (https://shop.test/?a=1&b=2)." in text
    assert [line for line in text.split("\n") if line.strip()][2:] == [
        "a",
        "b<c",
        "- One",
        "- Two",
        "Unsubscribe (https://crm.example.com/u/...)",
    ]


async def test_addresses_of_links_that_touch_something_stay_apart_from_it() -> None:
    html = "<a href='https://a.test'>A</a>B<a href='https://b.test'></a><a href='https://c.test'>C</a>."
    made = await completed(MessageTemplate(subject="S", html=html))
    assert made.body == "A (https://a.test) B https://b.test C (https://c.test)."


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>👨‍👩‍👧 می‌خواهم ‏(1)‏</p>", "👨‍👩‍👧 می‌خواهم ‏(1)‏"),
        ("<p>Hi&shy;ya &zwnj;&nbsp;&#847;&zwnj;&nbsp;</p>", "Hiya"),
        ("<ul><li><p>a</p></li><li></li><li><div><p>b</p></div></li></ul>", "- a\n-\n- b"),
        ("<ol start=5><li>a</li><li value=9>b<li>c</ol>", "5. a\n9. b\n10. c"),
        (
            "<ol>{% for x in customer.tags %}<li>{{ x }}</li>{% endfor %}</ol>",
            "{% for x in customer.tags %}\n- {{ x }}\n{% endfor %}",
        ),
        ("<a href='MAILTO:a@b.test?subject=Hi%20you'>Write</a>", "Write (a@b.test)"),
        ("<a href='https://b.test/?a=1&copy=2'>x</a>", "x (https://b.test/?a=1&copy=2)"),
        ("<a href='https://b.test/'>https://b.test</a>", "https://b.test"),
        ("<map><area href='https://b.test/1' alt=One></map>", "One (https://b.test/1)"),
    ],
)
async def test_the_text_says_what_the_html_says(html: str, text: str) -> None:
    made = await completed(MessageTemplate(subject="S", html=html))
    assert made.body == text


async def test_braces_that_were_written_as_entities_stay_text() -> None:
    html = "<p>&#123;&#123; customer.nope }} and &#123;<b>{{ customer.name }}</b></p>"
    made = await completed(MessageDraft(subject="S", html=html, inline_css=True))
    assert render(Texts(body=made.body), {"name": "Ann"}).body == "{{ customer.nope }} and {Ann"
    shown = render(Texts(body="B", html=made.html), {"name": "Ann"}).html
    assert shown is not None
    assert "{{ customer.nope }}" not in shown.replace("&#123;", "")


async def test_a_text_that_cannot_be_made_is_asked_for() -> None:
    html = "<!--{% if customer.name %}-->Hi{% endif %}"
    with pytest.raises(InvalidInput, match="write the body yourself") as refused:
        await completed(MessageTemplate(subject="S", html=html))
    assert refused.value.problems[0].path == ("message", "body")


async def test_html_of_pictures_alone_is_sent_with_an_empty_text() -> None:
    made = await completed(MessageTemplate(subject="S", html="<img src='https://a.test/x.png'>"))
    assert made.body == ""
    assert not render(Texts(body="", html=made.html), {}).is_empty


async def test_styles_are_inlined_around_liquid_without_moving_it() -> None:
    html = (
        "<style>td{padding:1px}a:hover{color:red}@media(max-width:9px){td{padding:0}}</style>"
        "<table><tr {% if customer.name %}id='x'{% endif %}><td>H</td></tr>"
        "{% for tag in customer.tags %}<tr><td>{{ tag }}</td></tr>{% endfor %}</table>"
    )
    made = (await completed(MessageDraft(subject="S", html=html, inline_css=True))).html
    assert made is not None
    assert (
        '{% for tag in customer.tags %}<tr><td style="padding: 1px;">{{ tag }}</td></tr>{% endfor %}' in made
    )
    assert "@media(max-width:9px)" in made
    assert "a:hover" in made
    shown = render(Texts(body="B", html=made), {"tags": ["x", "y"]}).html
    assert shown is not None
    assert shown.count('<td style="padding: 1px;">') == 3


async def test_no_stylesheet_is_fetched_from_a_server_or_a_file(tmp_path: Any) -> None:
    styles = tmp_path / "styles.css"
    styles.write_text("p { color: rebeccapurple }")
    html = f'<link rel="stylesheet" href="file://{styles}"><link rel="stylesheet" href="{styles}"><p>Hi</p>'
    made = await completed(MessageDraft(subject="S", html=html, inline_css=True))
    assert made.html is not None
    assert "rebeccapurple" not in made.html


@pytest.mark.parametrize(
    "html",
    [
        "<div>" * 5_000,
        "<div><object></div></object>" * 5_000,
        "<table><tr><td><table>" * 3_000,
        "<style>" + "a,b{color:red}" * 2_000 + "</style>" + "<p>x</p>" * 2_000,
    ],
    ids=["deep", "ends that mean nothing", "tables", "many rules"],
)
async def test_html_that_would_be_the_end_of_the_process_is_refused(html: str) -> None:
    message = MessageDraft(
        subject="S", html=f"<style>p{{color:red}}</style>{html}", body="B", inline_css=True
    )
    with pytest.raises(InvalidInput) as refused:
        await completed(message)
    assert refused.value.problems[0].path == ("message", "html")


@pytest.mark.parametrize(
    "bad", ["<a ", '<a x="', "<!--", "<style>", "</a ", "<a b b", "<body ", "<a href=x>", "&", "<li>", "<<%"]
)
async def test_broken_html_of_the_greatest_length_is_read_in_no_time(bad: str) -> None:
    begun = time.perf_counter()
    await completed(MessageTemplate(subject="S", html=(bad * HTML_LIMIT)[:HTML_LIMIT], preheader="P"))
    assert time.perf_counter() - begun < 10


@pytest.mark.parametrize(
    ("message", "place", "code"),
    [
        ({"html": "x" * 5_000_000}, "html", ErrorCode.LIMIT_EXCEEDED),
        ({}, "body", ErrorCode.REQUIRED),
        ({"html": " "}, "html", ErrorCode.REQUIRED),
        ({"html": "{{ customer.nope }}"}, "html", ErrorCode.INVALID),
        ({"body": "B", "from_name": "A\nBcc: x@y.z"}, "fromName", ErrorCode.INVALID),
        ({"body": "B", "from_name": " "}, "fromName", ErrorCode.INVALID),
        ({"body": "B", "from_name": "x" * 101}, "fromName", ErrorCode.LIMIT_EXCEEDED),
        ({"body": "B", "from_name": "{{ customer.name }}"}, "fromName", ErrorCode.INVALID),
        ({"body": "B", "reply_to": "nobody"}, "replyTo", ErrorCode.INVALID),
        ({"body": "B", "preheader": "x" * 501}, "preheader", ErrorCode.LIMIT_EXCEEDED),
    ],
)
def test_what_is_wrong_with_an_email_is_told_at_its_place(
    message: dict[str, Any], place: str, code: ErrorCode
) -> None:
    given = MessageTemplate(subject="S", **message)
    assert places(given, Channel.EMAIL) == [(f"message.{place}", code)]


@pytest.mark.parametrize("channel", [Channel.SMS, Channel.WHATSAPP])
def test_what_only_an_email_has_is_refused_elsewhere(channel: Channel) -> None:
    message = MessageTemplate(
        subject="S", body="B", html="<p>H</p>", preheader="P", from_name="N", reply_to="a@b.example"
    )
    assert sorted(place for place, _ in places(message, channel)) == [
        f"message.{name}" for name in ("fromName", "html", "preheader", "replyTo", "subject")
    ]


@pytest.mark.parametrize("channel", [Channel.SMS, Channel.EMAIL])
def test_a_whatsapp_template_is_refused_elsewhere(channel: Channel) -> None:
    message = MessageTemplate(
        subject=None if channel is Channel.SMS else "S",
        body="B",
        whatsapp=WhatsappMessage(template="t", language="en"),
    )
    assert places(message, channel) == [("message.whatsapp", ErrorCode.INVALID)]


def test_what_is_wrong_with_a_whatsapp_template_is_told_at_its_place() -> None:
    parameters = [
        WhatsappParameter(name="a", value="{{ customer.nope }}"),
        WhatsappParameter(name="a", value=""),
        WhatsappParameter(name="", value="x"),
    ]
    whatsapp = WhatsappMessage(template="Not A Name", language="english", parameters=parameters)
    assert sorted(place for place, _ in places(MessageTemplate(whatsapp=whatsapp), Channel.WHATSAPP)) == [
        "message.whatsapp.language",
        "message.whatsapp.parameters.0.value",
        "message.whatsapp.parameters.1.name",
        "message.whatsapp.parameters.1.value",
        "message.whatsapp.parameters.2.name",
        "message.whatsapp.template",
    ]
