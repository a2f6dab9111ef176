"""What is found in a message by reading it: each kind in many spellings, and nothing where nothing is."""

from __future__ import annotations

import time

import pytest

from crm_graphql.campaigns.documents import MessageTemplate
from crm_graphql.campaigns.drafts import checked_template
from crm_graphql.campaigns.findings import Finding, FindingCode
from crm_graphql.campaigns.message_findings import findings_of_problems, findings_of_template
from crm_graphql.campaigns.message_texts import Texts
from crm_graphql.core.channels import Channel
from crm_graphql.core.errors import InvalidInput
from crm_graphql.custom_fields.definitions import NO_FIELDS

OFF = "<a href='{{ unsubscribe_url }}'>off</a>"


def findings(channel: Channel = Channel.EMAIL, **texts: str) -> list[Finding]:
    """Those of a message."""
    message = MessageTemplate(subject="S" if channel is Channel.EMAIL else None, **texts)
    given = Texts.of(message.model_dump())
    try:
        template = checked_template(message, channel, NO_FIELDS)
    except InvalidInput as error:
        return list(findings_of_problems(error.problems, given))
    return list(findings_of_template(template, given, template.render({})))


def codes(html: str) -> list[str]:
    """The codes of an email's findings."""
    return codes_alone(f"{html}{OFF}")


def codes_alone(html: str) -> list[str]:
    """The same without a way off that is always there."""
    return [finding.code.value for finding in findings(html=html, body="B")]


@pytest.mark.parametrize(
    "href",
    [
        *("", " ", "#", "http//shop.de", "https//shop.de/x", "http:/shop.de", "https:shop.de", "https:///x"),
        *("www.shop.de", "shop.de", "shop.de/sale", "shop.de:8080/x", "//shop.de", "/sale", "sale.html"),
        *("?x=1", "../a", "javascript:alert(1)", " JavaScript:void(0)", "vbscript:x", "data:text/html,x"),
        *("file:///c:/x", "C:\\x\\y", "https:\\\\shop.de", "htp://shop.de", "htpps://shop.de", "http://"),
        *("https://", "https://shop", "https://shop..de", "https://shop de", "https://shop.de/a b"),
        *("https://-shop.de", "https://shop.de:port", "https://[::1", "https://https://shop.de"),
        *("http://localhost:3000", "http://127.0.0.1/x", "https://10.0.0.8", "http://192.168.1.1"),
        *("http://[::1]/x", "https://crm.local", "https://shop.test", "https://shop.example"),
        *("https://example.com/sale", "http://www.example.org", "https://yourdomain.com", "cid:x"),
        *(
            "https://your-website.com/a",
            "https://www.mysite.com",
            "mailto:",
            "mailto:nobody",
            "tel:",
            "tel:x",
        ),
        *("mailto:a@", "mailto:@shop.de", "mailto: @", "mailto:a@shop", "mailto:a@shop.de,nobody"),
        "https://crm.shop.de/media/0123456789abcdef01234567?expires=1&amp;signature=x",
        *("tel:", "tel:x", "ttps://shop.de", "https.//shop.de", "https;//shop.de", "https://shop.123"),
    ],
)
def test_a_link_that_is_none_is_found(href: str) -> None:
    assert codes(f'<p><a href="{href}">x</a></p>') == ["LINK_INVALID"]


@pytest.mark.parametrize(
    "href",
    [
        *("https://shop.de", "http://shop.de/a?b=c&amp;d=%20#e", "HTTPS://SHOP.DE", "https://bücher.de/ä"),
        *("https://shop.co.uk:8443/x", "https://8.8.8.8/x", "mailto:a@shop.de?subject=x y", "tel:+49 30 123"),
        *("sms:+4930123", "#top", "{{ unsubscribe_url }}", "https://shop.de/{{ customer.external_id }}?x=1"),
        *("https://{{ customer.city }}.shop.de/", "mailto:{{ customer.email }}", "whatsapp://send?text=x"),
        *("mailto:a@shop.de,%20b@shop.co.uk?cc=c@shop.de", "mailto:?to=a@shop.de", "mailto:a%40shop.de"),
        "https://shop.de/media/0123456789abcdef01234567",
        *("https://user@shop.de/", "https://xn--bcher-kva.de", "{{ preferences_url }}&amp;x=1"),
    ],
)
def test_a_link_that_is_one_is_not_found(href: str) -> None:
    assert codes(f'<p><a href="{href}">x</a><a name="y">no link</a></p>') == []


@pytest.mark.parametrize(
    "src",
    [
        *("", "cid:logo", "data:image/png;base64,AAAA", "logo.png", "/logo.png", "../a/logo.png"),
        *("//cdn.shop.de/x.png", "file:///tmp/x.png", "C:\\logo.png", "http://localhost/x.png", "blob:x"),
        *(
            "https://10.1.2.3/x.png",
            "https://crm.internal/x.png",
            "www.shop.de/x.png",
            "https://example.com/x",
        ),
        "https://crm.shop.de/media/0123456789abcdef01234567?expires=1&amp;signature=x",
        "https://crm.shop.de/media/0123456789abcdef01234567/thumbnail?expires=1&amp;signature=x",
    ],
)
@pytest.mark.parametrize("where", ["<img src='{}'>", "<IMG alt=x SRC='{}' />", "<td background='{}'>x</td>"])
def test_a_picture_that_is_not_public_is_found(src: str, where: str) -> None:
    assert codes(where.format(src)) == ["PICTURE_NOT_PUBLIC"]


@pytest.mark.parametrize(
    "html",
    [
        "<div style=\"background:url('cid:x')\">x</div>",
        "<style>p{background:url(/x.png)}</style>",
        "<img srcset='https://shop.de/a.png 1x, b.png 2x' src='https://shop.de/a.png'>",
        "<img srcset='https://shop.de/w_1,h_2/a.png 1x,b.png' src='https://shop.de/a.png'>",
        "<video poster='x.png'></video>",
        "<input type=image src=x.png>",
        "<img>",
    ],
)
def test_a_picture_of_a_style_or_a_set_is_looked_at_too(html: str) -> None:
    assert codes(html) == ["PICTURE_NOT_PUBLIC"]


def test_public_pictures_are_not_found() -> None:
    sets = "https://shop.de/w_1,h_2/a.png, https://shop.de/b.png 2x ,data:image/png;base64,AA== 3x"
    assert codes(f"<img src='https://shop.de/x.png' srcset='{sets}'>") == []
    assert codes("<style>/* url(x.png) */ p { background: url(https://shop.de/x.png) }</style>") == []
    assert codes("<img src='https://shop.de/x.png'><img src='{{ customer.external_id }}'>") == []


@pytest.mark.parametrize(
    "placeholder",
    [
        *("{first_name}", "{ Vorname }", "{first_name|there}", "{$name}", "%%FNAME%%", "%%first name%%"),
        *("%%=v(@FirstName)=%%", "*|FNAME|*", "*|FNAME:Friend|*", "*|IF:FNAME|*", "[[name]]"),
        *("[[ First Name ]]", "[FIRSTNAME]", "[Name,fallback=there]", "[unsubscribe]", "${name}"),
        *("%FIRSTNAME%", "%name%", "%recipient.fname%", "<<First Name>>", "&lt;&lt;name&gt;&gt;"),
        *("&lt;%= name %&gt;", "{!Contact.Name}", "@name@", "#firstname#", "##name##", "~Contact.FirstName~"),
        *("[% name %]", "%%[SET @x = 1]%%", "{!$User.FirstName}", "%CONTACT.MYFIELD%", "%SENDER-INFO%"),
        *('[[FIRSTNAME OR "there"]]', '[[data:firstname:"there"]]', '[[name mode="fc"]]', "${name!}"),
        *("[%first_name | there%]", "[Sender_Name]", "%%FIRST_NAME|there%%", "{$profile.firstname}"),
        *("{contactfield=firstname|there}", "{webview_text}", "[subscriber:firstname | default:reader]"),
        *("[link:subscription_unsubscribe_url]", "#recipient:name#", "&lt;%- name %&gt;", "%{first_name}"),
        *("$[LI:UNSUBSCRIBE]$", "«First_Name»", "«FirstName»", "$firstname()$", '{first_name, "there"}'),
        *("#{first_name}", "&lt;First Name&gt;", "%(name)s", "[currentday]", "{user:first_name}"),
    ],
)  # fmt: skip
def test_another_tools_placeholder_is_found_and_stops_nothing(placeholder: str) -> None:
    (found,) = findings(html=f"<p>Hi {placeholder}</p>{OFF}", body="B")
    assert (found.code, found.is_blocking) == (FindingCode.FOREIGN_PLACEHOLDER, False)
    assert found.path == ("message", "html")
    (found,) = findings(Channel.SMS, body=f"Hi {placeholder.replace('&lt;', '<').replace('&gt;', '>')}")
    assert found.path == ("message", "body")


def test_what_the_text_has_from_the_html_is_told_of_the_html_alone() -> None:
    found = findings(html=f"<p>Hi {{first_name}}</p>{OFF}", body="Hi {first_name}, *|CITY|*")
    assert [(one.path[1], "{first_name}" in one.message) for one in found] == [
        ("body", False),
        ("html", True),
    ]


@pytest.mark.parametrize(
    ("placeholder", "code"),
    [
        ("{{contact.FIRSTNAME}}", "FOREIGN_PLACEHOLDER"),
        ("{{ FNAME }}", "FOREIGN_PLACEHOLDER"),
        ("{{ subscriber.first_name | default: 'x' }}", "FOREIGN_PLACEHOLDER"),
        ("{{{ name }}}", "FOREIGN_PLACEHOLDER"),
        ("{{#if name}}x{{/if}}", "FOREIGN_PLACEHOLDER"),
        ("{{ first name }}", "FOREIGN_PLACEHOLDER"),
        ("{{> footer }}", "FOREIGN_PLACEHOLDER"),
        ("{{ personalization_token('contact.firstname', 'x') }}", "FOREIGN_PLACEHOLDER"),
        ("{{${first_name} | default: 'x'}}", "FOREIGN_PLACEHOLDER"),
        ("{{custom_attribute.${city}}}", "FOREIGN_PLACEHOLDER"),
        ("{{lead.First Name:default=edit me}}", "FOREIGN_PLACEHOLDER"),
        ('{{var:firstname:"there"}}', "FOREIGN_PLACEHOLDER"),
        ("{{ pm:unsubscribe_url }}", "FOREIGN_PLACEHOLDER"),
        ('{{LINK "unsubscribe"}}', "FOREIGN_PLACEHOLDER"),
        ("{{ .Subscriber.FirstName }}", "FOREIGN_PLACEHOLDER"),
        ("{% unsubscribe 'off' %}", "FOREIGN_PLACEHOLDER"),
        ("{% view_in_browser_url %}", "FOREIGN_PLACEHOLDER"),
        ("{{ customer.name x }}", "MESSAGE_INVALID"),
        ("{{ customer.nmae }}", "VALUE_UNKNOWN"),
        ("{{ customer.custom }}", "VALUE_UNKNOWN"),
        ("{{ customer.name | nope }}", "MESSAGE_INVALID"),
        ("{% if %}", "MESSAGE_INVALID"),
        ("{{ customer.name", "MESSAGE_INVALID"),
    ],
)
def test_a_value_that_no_message_has_keeps_it_from_being_launched(placeholder: str, code: str) -> None:
    found = findings(html=f"<p>\n{placeholder}</p>", body="B")[0]
    assert (found.code.value, found.is_blocking, found.path) == (code, True, ("message", "html"))


@pytest.mark.parametrize(
    "html", ["<unsubscribe>off</unsubscribe>", "<webversion style='x'>see</webversion>", "<?= $name ?>"]
)
def test_an_element_that_another_tool_replaces_is_found(html: str) -> None:
    assert codes(html) == ["FOREIGN_PLACEHOLDER"]


@pytest.mark.parametrize(
    "text",
    [
        *("Press «Submit Form» or «Navn», « Name »", "Ann <ann@shop.de>, a <b and b> c", "10%-OFF% {a:b}"),
        *("<title>x</title><address>Storgata 1</address>", "[note: below] [1:2] {name: 'x'} ~2 km~ $5 to 6$"),
        *("{% assign a = 1 %}{{ a }}", "<p>&lt;b&gt; &lt;date&gt;</p>", "<?xml:namespace prefix = o />"),
    ],
)  # fmt: skip
def test_an_ordinary_text_holds_no_placeholder(text: str) -> None:
    assert codes(text) == []


@pytest.mark.parametrize(
    "html",
    [
        "<p>{{ unsubscribe_url }}</p>",
        "<a href='{{preferences_url}}'>x</a>",
        '<a href="{{ unsubscribe_url | escape }}">x</a>',
    ],
)
def test_a_message_with_a_way_off_has_one(html: str) -> None:
    assert findings(html=html, body="B") == []


@pytest.mark.parametrize(
    "html",
    [
        "<!-- <a href='{{ unsubscribe_url }}'>off</a> -->",
        "<!--[if mso]><a href='{{ unsubscribe_url }}'>off</a><![endif]-->",
        "<div style='color: red; DISPLAY : none'><div></div><a href='{{ unsubscribe_url }}'>off</a></div>",
        "<p hidden><a href='{{ unsubscribe_url }}'>off</a></p>",
        "<a href='{{ unsubscribe_url }}'></a>",
        "<style>{{ unsubscribe_url }}</style><title>{{ preferences_url }}</title>",
        "{% assign off = unsubscribe_url %}{% if unsubscribe_url %}x{% endif %}",
    ],
)
def test_a_way_off_that_nobody_sees_is_none(html: str) -> None:
    assert codes_alone(f"<p>Hi</p>{html}<p>Bye</p>") == ["UNSUBSCRIBE_MISSING"]


@pytest.mark.parametrize(
    "html",
    [
        "<!--[if !mso]><!--><a href={{ unsubscribe_url }}>off</a><!--<![endif]-->",
        "<img style='display:none' src='https://shop.de/x.png'><A HREF='{{ unsubscribe_url }}'>off</A>",
        "<div style='display:none'><div>x</div></div><a href='{{ unsubscribe_url }}'>off</a>",
        "<p hidden>x<p><a href='{{ preferences_url }}'><img src='https://shop.de/x.png'></a>",
        "{% assign off = unsubscribe_url | append: '&x=1' %}<a href='{{ off }}'>off</a>",
        "<form action='{{ unsubscribe_url }}'><button>off</button></form>",
    ],
)
def test_a_way_off_that_is_seen_is_one(html: str) -> None:
    assert codes_alone(f"<p>Hi</p>{html}<p>Bye</p>") == []


def test_a_message_without_a_way_off_is_told_where_it_is_missing() -> None:
    (found,) = findings(html="<a href='https://shop.de/unsubscribe'>off</a>", body="{{ unsubscribe_url }}")
    assert (found.code, found.path) == (FindingCode.UNSUBSCRIBE_MISSING, ("message", "html"))
    (found,) = findings(body="Hello")
    assert (found.code, found.path) == (FindingCode.UNSUBSCRIBE_MISSING, ("message", "body"))
    assert findings(Channel.SMS, body="Hello") == []


def test_html_that_is_clipped_is_told() -> None:
    assert codes("<p>" + "x" * 105_000 + "</p>") == ["HTML_CLIPPED"]
    assert codes("<p>" + "x" * 100_000 + "</p>") == []


def test_an_sms_of_several_is_told_with_what_makes_it_dearer() -> None:
    assert findings(Channel.SMS, body="x" * 160) == findings(Channel.SMS, body="ç" * 70) == []
    (found,) = findings(Channel.SMS, body="x" * 161)
    assert (found.code, found.path, found.is_blocking) == (
        FindingCode.SMS_SEGMENTS,
        ("message", "body"),
        False,
    )
    assert found.message == "The message is charged as 2 SMS."
    (found,) = findings(Channel.SMS, body="“Sale” – " + "x" * 100)
    assert found.message == "The message is charged as 2 SMS; without these characters it would be 1: “ ” –."
    (found,) = findings(Channel.SMS, body="Only\u00a0today\u200b " + "x" * 100)
    assert found.message.endswith("it would be 1: NO-BREAK SPACE ZERO WIDTH SPACE.")


def test_an_sms_that_is_longer_than_any_that_is_taken_is_told() -> None:
    (found,) = findings(Channel.SMS, body="x" * 1_600)
    assert found.message == "The message is charged as 11 SMS."
    (found,) = findings(Channel.SMS, body="x" * 1_601)
    assert found.message.endswith("It has 1,601 characters, and no more than 1,600 are taken by Twilio.")


@pytest.mark.parametrize(
    "text", ["See http//shop.de now", "See (https:/shop.de).", "htp://shop.de", "https://example.com!"]
)
def test_a_broken_link_of_a_plain_text_is_found(text: str) -> None:
    (found,) = findings(Channel.SMS, body=text)
    assert (found.code, found.path) == (FindingCode.LINK_INVALID, ("message", "body"))


@pytest.mark.parametrize(
    "text",
    ["See https://shop.de/a, and www.shop.de.", "The http protocol: https", "{{ unsubscribe_url }}", "hp:/"],
)
def test_an_ordinary_text_has_no_broken_link(text: str) -> None:
    assert findings(Channel.SMS, body=text) == []


def test_a_message_of_a_thousand_faults_is_read_in_no_time() -> None:
    begun = time.perf_counter()
    found = codes("<a href='x'>{name}</a><img src=y><style>*|A|*</style>" * 7_000)
    assert time.perf_counter() - begun < 10
    assert 3 <= len(found) <= 60
