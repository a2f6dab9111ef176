"""What a message may cost: whatever its template does, parsing and rendering end within milliseconds."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_graphql.campaigns.liquid import PLAIN, RENDER_ERRORS, parse_text
from crm_graphql.campaigns.liquid_work import WORK_LIMIT, Meter
from crm_graphql.campaigns.template import parse
from crm_graphql.campaigns.template_fields import FIELD_NAMES, thaw
from crm_graphql.core.channels import Channel
from crm_graphql.core.errors import InvalidInput, Problem

ATTACK = (
    "{% for i in (1..1000) %}"
    + "".join(
        f"{{% assign v{n} = 'abc'{' | append: i | upcase | strip | downcase' * 3} %}}" for n in range(6)
    )
    + "{% endfor %}"
)
FOR_SOME = f"{{% if customer.city == 'Nowhere' %}}{ATTACK}{{% endif %}}Hi"
LONG = "{% assign s = 'abcdefgh' %}" + "{% assign s = s | append: s %}" * 11


def milliseconds(call: Callable[[], object]) -> float:
    """The least time of this thread's processor: the garbage of a whole session is collected now and then."""
    times = []
    for _ in range(3):
        begun = time.thread_time()
        call()
        times.append(time.thread_time() - begun)
    return min(times) * 1000


def refusal(body: str) -> Problem:
    with pytest.raises(InvalidInput) as refused:
        parse(None, body, Channel.EMAIL)
    (problem,) = refused.value.problems
    return problem


def spent(body: str, *, html: bool = False) -> tuple[int, str]:
    """The units of a render, and its text or how it ended."""
    template, meter = parse_text(body, escapes=html).template, Meter()
    try:
        ended = template.render_by(meter, thaw(FIELD_NAMES, {"customer": {"name": "Ann"}}, []))
    except RENDER_ERRORS as error:
        ended = repr(error)
    return meter.spent, ended


def test_too_much_work_is_refused_at_its_place() -> None:
    problem = refusal("Hi\n" + ATTACK)
    assert "takes more work than a message may" in problem.message
    assert problem.line == 2
    assert problem.column is not None
    assert problem.column > 20


def test_a_flat_text_is_refused_at_the_tag_that_is_too_much() -> None:
    body = "\n".join("{{ 'abc' | upcase | upcase | upcase | upcase | upcase | upcase }}" for _ in range(300))
    assert 150 < (refusal(body).line or 0) < 300


def test_subject_and_body_share_what_a_message_may_cost() -> None:
    half = "{% for i in (1..400) %}{{ i | plus: 1 }}{% endfor %}"
    assert spent(half)[0] < WORK_LIMIT < 2 * spent(half)[0]
    with pytest.raises(InvalidInput) as refused:
        parse(half, half, Channel.EMAIL)
    assert refused.value.problems[0].path == ("message", "body")


@pytest.mark.parametrize(
    "tags",
    [
        ATTACK,
        "{% for i in (1..1000) %}{% endfor %}" * 200,
        "{% for i in (1..30) %}{% for j in (1..30) %}{% for k in (1..1) %}" + "{{ customer.name }}" * 200
        + "{% endfor %}" * 3,
        "{% for i in (1..1000) %}{% assign s = s | append: 'aaaaaaaaaaaaaaaaaaaa' %}{{ s }}{% endfor %}",
        LONG + "{% for i in (1..1000) %}{% assign t = s | replace: 'a', 'b' %}{% endfor %}",
        LONG + "{% for i in (1..1000) %}{% assign t = s | url_encode %}{% endfor %}",
        LONG + "{% assign n = s | slice: 0, 99 | append: 'x' %}{% for i in (1..1000) %}"
        "{% if s contains n %}{% endif %}{% endfor %}",
        LONG + "{% assign l = s | slice: 0, 1000 | split: '' %}{% for i in (1..1000) %}"
        "{% assign m = l | uniq | sort_natural | reverse | join: ', ' %}{% endfor %}",
        LONG + "{% assign l = s | split: 'zz' %}" + "{% assign l = l | concat: l %}" * 9
        + "{% for i in (1..9) %}{{ l }}{% endfor %}",
        "{% assign s = '<!--' %}" + "{% assign s = s | append: s %}" * 11 + "{{ s | strip_html }}" * 9,
        "{% assign s = '&a' %}" + "{% assign s = s | append: s %}" * 12 + "{{ s | escape_once }}" * 20,
        "{% for i in (1..1000) %}" + "{% capture c %}" * 20 + "x" + "{% endcapture %}" * 20 + "{% endfor %}",
        "{% for i in (1..1000) %}" + "x" * 40_000 + "{% endfor %}",
        "".join(f"{{% for i{n} in (1..1) %}}" for n in range(24))
        + "{% for i in (1..1000) %}" + "{% capture c %}{% endcapture %}" * 50 + "{% endfor %}" * 25,
    ],
)  # fmt: skip
def test_a_hostile_render_ends_soon(tags: str) -> None:
    assert refusal(tags).line == 1
    assert milliseconds(lambda: spent(tags, html=True)) < 30


@pytest.mark.parametrize(
    "body",
    [
        "{{1}}" * 10_000,
        "{{ customer.nam }}" * 600,
        "{{ 1" + " | upcas" * 100 + " }}",
        "{% comment %}" + "{% raw %}" * 4_000 + "{% endcomment %}",
        "{% comment %}" + "{% x" * 9_000,
        "{% comment %}" + "{% !{{ %}" * 5_000 + "{% endcomment %}",
        "{{" + " " * 40_000 + "}}",
        ("{{" + " " * 99 + "}}") * 400,
        "{{ " + "(" * 40_000 + " }}",
        ("{{ a" + "['a" * 300 + " }}") * 40,
        ("{% if a" + " or a" * 190 + " %}{% endif %}") * 40,
        "{% case 1 %}{% when 1" + ",1" * 400 + " %}{% endcase %}" * 30,
        "{{ " + "9" * 900 + " }}",
    ],
)
def test_a_hostile_source_is_refused_soon(body: str) -> None:
    def refuse() -> None:
        with pytest.raises(InvalidInput):
            parse(None, body, Channel.EMAIL)

    assert milliseconds(refuse) < 100


def test_no_more_than_twenty_problems_are_told() -> None:
    with pytest.raises(InvalidInput) as refused:
        parse(None, "{{ nobody }}" * 500, Channel.EMAIL)
    assert len(refused.value.problems) == 20


def test_a_long_newsletter_takes_a_part_of_what_it_may() -> None:
    item = (
        "<tr><td style='padding: 8px'>{{ customer.name | default: 'you' | capitalize }}</td>"
        "<td>{{ customer.total_spend | times: 0.1 | round: 2 }}</td>"
        "<td>{% if customer.country == 'PT' %}Olá{% else %}Hello{% endif %}</td></tr>\n"
    )
    body = "<p>" + "Lorem ipsum dolor sit amet. " * 500 + item * 60
    assert len(body) < 50_000
    assert spent(body, html=True)[0] < WORK_LIMIT / 2
    parse("For {{ customer.name }}", body, Channel.EMAIL)


_ARGUMENTS = {
    **dict.fromkeys(("append", "prepend", "remove", "remove_first", "remove_last"), ": s"),
    **dict.fromkeys(("replace", "replace_first", "replace_last"), ": 'a', s"),
    **dict.fromkeys(("at_least", "at_most", "divided_by", "minus", "modulo", "plus", "times"), ": 7"),
    "slice": ": 1, 5000",
    "split": ": ''",
    "concat": ": l",
    "truncate": ": 9000",
    "date": ": '%c'",
}
_SIGNS = st.sampled_from(["a", "<", "&", "ß", "😀", "a b", "<b ", "&amp;", "%41", "9", "<!--"])
_PIPE = st.lists(st.sampled_from(sorted(PLAIN.filters)), min_size=1, max_size=6).map(
    lambda names: "".join(f" | {name}{_ARGUMENTS.get(name, '')}" for name in names)
)
_STEP = st.one_of(
    _PIPE.map(lambda pipe: f"{{% assign s = s{pipe} %}}"),
    _PIPE.map(lambda pipe: f"{{% assign l = s{pipe} | split: '' %}}"),
    _PIPE.map(lambda pipe: f"{{% assign l = l{pipe} %}}{{{{ l }}}}"),
    _PIPE.map(lambda pipe: f"{{{{ s{pipe} }}}}"),
    st.sampled_from(
        [
            "{% for x in l %}{{ x }}{{ forloop.index }}{% endfor %}",
            "{% capture s %}{{ s }}{{ s }}{% endcapture %}",
            "{% if s contains 'ab' or s == l %}{{ s }}{% endif %}",
            "{% case s %}{% when l, s %}x{% endcase %}{% cycle s, l %}",
        ]
    ),
)


@settings(max_examples=150, deadline=None)
@given(
    signs=_SIGNS,
    doublings=st.integers(0, 13),
    steps=st.lists(_STEP, min_size=1, max_size=6),
    html=st.booleans(),
)
def test_no_template_works_longer_than_a_message_may(
    signs: str, doublings: int, steps: list[str], html: bool
) -> None:
    head = f"{{% assign s = '{signs}' %}}" + "{% assign s = s | append: s %}" * doublings
    body = f"{head}{{% for i in (1..1000) %}}{''.join(steps)}{{% endfor %}}"
    ends = [spent(body, html=html) for _ in range(2)]
    assert ends[0] == ends[1]
    assert milliseconds(lambda: spent(body, html=html)) < 60


def test_a_search_is_paid_for_by_both_lengths() -> None:
    head = LONG + "{% assign n = s | slice: 0, 99 | append: 'x' %}"
    assert spent(head + "{% if s contains n %}{% endif %}")[0] - spent(head)[0] > 10_000
    assert spent(head + "{% assign t = s | remove: n %}")[0] - spent(head)[0] > 10_000


def test_no_depth_of_blocks_is_much_slower_than_another() -> None:
    def took(depth: int) -> float:
        blocks = "".join(f"{{% for i{n} in (1..1) %}}" for n in range(depth))
        body = blocks + "{% for i in (1..1000) %}x{% endfor %}" + "{% endfor %}" * depth
        template = parse_text(body, escapes=False).template
        return milliseconds(lambda: template.render_by(Meter(), {}))

    times = [took(depth) for depth in range(24)]
    assert max(times) < 4 * min(times)
