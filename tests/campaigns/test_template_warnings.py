"""What a template warns of, what it never warns of, and the hints that its problems give."""

from __future__ import annotations

import pytest

from crm_graphql.campaigns.template import parse
from crm_graphql.core.channels import Channel
from crm_graphql.core.errors import InvalidInput, Problem


def warnings(
    body: str, *, subject: str | None = None, channel: Channel = Channel.EMAIL
) -> tuple[Problem, ...]:
    return parse(subject, body, channel).warnings


@pytest.mark.parametrize(
    "placeholder",
    [
        *(
            "*|FNAME|*",
            "*|MERGE:EMAIL|*",
            "%FIRSTNAME%",
            "%FIRST_NAME%",
            "%name%",
            "%%name%%",
            "%% First Name %%",
        ),
        *(
            "[[name]]",
            "[[ First Name ]]",
            "${name}",
            "${user.firstName}",
            "{name}",
            "{ first_name }",
            "{Vorname}",
        ),
        *("{contact.city}", "{CUSTOMER_NAME}", "<<name>>", "<<First Name>>", "@firstname@"),
    ],
)
def test_another_tools_placeholder_is_told_at_its_place(placeholder: str) -> None:
    (warning,) = warnings(f"Dear\n  {placeholder}, hello")
    assert (warning.path, warning.line, warning.column) == (("message", "body"), 2, 3)
    assert warning.message.startswith(f"{placeholder} looks like the placeholder of another tool")


def test_placeholders_in_subjects_links_and_html_are_told() -> None:
    body = "<a href='https://example.com/?e={email}'>Hi &lt;&lt;name&gt;&gt;</a>"
    found = warnings(body, subject="For *|FNAME|*")
    assert [(warning.path[1], warning.column) for warning in found] == [
        ("subject", 5),
        ("body", body.index("{email}") + 1),
        ("body", body.index("&lt;") + 1),
    ]
    assert "Values are written like {{ customer.email }} here." in found[1].message


@pytest.mark.parametrize(
    "harmless",
    [
        "Get 100 % now, 20% off, 5%OFF%, 50%-70%, 3 %and 4% of 5 %",
        "<style>p{color:red} @media (max-width:600px){.name{width:100%}} {name}</style><p>x",
        "<p style='width: 50%'>x {0} {{ '{' }}",
        "<script>const {name, email} = person; f(`${name}`)</script><p>x</p>",
        "<!--[if mso]><table><tr><td>{name}<![endif]--><p>x</p>",
        '{"name": "Ann", "tags": [["a"], [[1, 2]]], "x": {}}',
        "body { margin: 0 } a{b:c} h1 {font-size:2em} {} { } {1} {n} {x, y} {a|b}",
        "ann@example.com, @ann @bob, write to name@city@example.com or @name.",
        "a << b >> c, cout << name << endl; x <<= 1; <<EOF >> log",
        "$5 {approx} ${ 5 } $ {name: 1}, US$20, \\textbf{name}, f{name}",
        "https://example.com/?q=%C3%BC%20a%2Fb&u=%E2%82%AC &nbsp;&amp;",
        "*bold* |a|b| *|* 5*|3|*2 [link] [[ ]] [1] [[1]] [x](y)",
        "%d.%m.%Y %s %% %%% %A% %AB%",
        "{% raw %}{name} [[name]] *|FNAME|*{% endraw %}",
        "{{ customer.name | append: '{name}' }} {% comment %}{name}{% endcomment %}",
    ],
)
def test_ordinary_text_is_not_warned_of(harmless: str) -> None:
    assert warnings(harmless) == ()


@pytest.mark.parametrize(
    ("pattern", "hint"),
    [
        ("DD.MM.YYYY", "'%d.%m.%Y'"),
        ("yyyy-MM-dd HH:mm", "'%Y-%m-%d %H:%M'"),
        ("MMMM D", "'%B D'"),
        ("long", "'%d.%m.%Y'"),
    ],
)
def test_a_date_pattern_without_percent_is_told(pattern: str, hint: str) -> None:
    (warning,) = warnings(f'On\n{{{{ customer.last_visit_at | date: "{pattern}" }}}}')
    assert (warning.line, warning.column) == (2, 35)
    assert hint in warning.message


@pytest.mark.parametrize("pattern", [": '%d.%m.%Y'", "", ": customer.name"])
def test_other_date_patterns_are_not_warned_of(pattern: str) -> None:
    assert warnings(f"{{{{ customer.last_visit_at | date{pattern} }}}}") == ()


def test_no_more_than_twenty_warnings_are_told() -> None:
    assert len(warnings("{name} " * 1000)) == 20


@pytest.mark.parametrize(
    ("body", "column", "hint"),
    [
        ("{{ customer.NAME }}", 4, '"customer.name"'),
        ("{{ Customer.Email }}", 4, '"customer.email"'),
        ("{{ customer.totalspend }}", 4, '"customer.total_spend"'),
        ("{{ customer.name | defualt: 'x' }}", 20, '"default"'),
        ("{{ customer.name | UPCASE }}", 20, '"upcase"'),
        ("{{ customer.tags | joni: ', ' }}", 20, '"join"'),
    ],
)
def test_a_name_that_nobody_knows_suggests_the_one_that_was_meant(body: str, column: int, hint: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse(None, body, Channel.EMAIL)
    (problem,) = refused.value.problems
    assert problem.column == column
    assert f"Did you mean {hint}?" in problem.message


def test_three_braces_are_refused_with_what_to_write() -> None:
    with pytest.raises(InvalidInput, match=r"two braces, as in .*; this has three"):
        parse(None, "Hi {{{name}}}", Channel.EMAIL)
