"""Messages are composed for an objective: its details are in them, its text is never run."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

from crm_graphql.assistant.composing import MessageDraft, compose
from crm_graphql.assistant.composing.details import details_of
from crm_graphql.assistant.composing.drafts import UNSUBSCRIBE
from crm_graphql.assistant.composing.forms import EVENT, FORMS, SALE, VARIANTS, form_of
from crm_graphql.assistant.composing.general import GENERAL
from crm_graphql.assistant.composing.tones import Tone, tone_of
from crm_graphql.campaigns.template import Rendered, parse
from crm_graphql.campaigns.template_fields import LINKS
from crm_graphql.core.channels import Channel
from crm_graphql.core.sms_segments import segments_of
from tests.assistant.objectives import OBJECTIVES

TONES = [tone.value.lower() for tone in Tone]


def drafts(
    objective: str,
    channel: Channel = Channel.EMAIL,
    *,
    audience: str | None = None,
    tone: str | None = None,
    count: int = VARIANTS,
) -> list[MessageDraft]:
    """The drafts for an objective."""
    return compose(objective, channel, audience_text=audience, tone=tone, count=count)


def sent(draft: MessageDraft, channel: Channel, **customer: object) -> Rendered:
    """The draft as this customer gets it."""
    template = parse(draft.subject, draft.body, channel)
    return template.render(template.freeze(customer, campaign_name="Summer sale"))


@pytest.mark.parametrize(("objective", "name"), OBJECTIVES, ids=[text for text, _ in OBJECTIVES])
def test_the_words_of_an_objective_say_which_form_is_meant(objective: str, name: str) -> None:
    form = form_of(objective)
    assert (form.name if form else "general") == name


@pytest.mark.parametrize("channel", Channel)
@pytest.mark.parametrize("tone", TONES)
@pytest.mark.parametrize("objective", [text for text, _ in OBJECTIVES])
def test_variants_differ_greet_by_name_and_have_what_their_channel_needs(
    objective: str, tone: str, channel: Channel
) -> None:
    found = drafts(objective, channel, tone=tone)
    assert len({(draft.subject, draft.body) for draft in found}) == VARIANTS
    assert len({draft.body for draft in found}) == VARIANTS
    for draft in found:
        assert (draft.subject is not None) is (channel is Channel.EMAIL)
        assert draft.body.endswith(UNSUBSCRIBE) is (channel is Channel.EMAIL)
        named, nameless = sent(draft, channel, name="Ann Lee"), sent(draft, channel)
        assert "Ann Lee" in named.body
        assert nameless.missing == ()
        assert not nameless.is_empty
        if channel is Channel.SMS:
            assert segments_of(named.body).count == 1, named.body


@pytest.mark.parametrize("objective", [text for text, _ in OBJECTIVES])
def test_each_tone_has_words_of_its_own(objective: str) -> None:
    first = {tone: drafts(objective, tone=tone, count=1)[0].body for tone in TONES}
    assert len(set(first.values())) == len(TONES)


@pytest.mark.parametrize(
    ("said", "objective", "tone"),
    [
        (None, "win back customers", Tone.FRIENDLY),
        ("very formal, please", "win back customers", Tone.FORMAL),
        ("Witty", "win back customers", Tone.PLAYFUL),
        ("URGENT", "win back customers", Tone.URGENT),
        ("sepulchral", "win back customers", Tone.FRIENDLY),
        (None, "an urgent reminder of the sale", Tone.URGENT),
        ("friendly", "an urgent reminder of the sale", Tone.FRIENDLY),
    ],
)
def test_a_tone_is_read_from_its_words_then_from_the_objective(
    said: str | None, objective: str, tone: Tone
) -> None:
    assert tone_of(said, objective) is tone


DETAILS = (
    (
        "win back lapsed customers with 20% off, code SAVE20, until Sunday",
        ("20% off", "SAVE20", "until Sunday"),
    ),
    ("launch our new Aurora sneakers on 5 December", ("our new Aurora sneakers", "on 5 December")),
    ("Diwali offer: INR 500 off with coupon diwali-500", ("INR 500 off", "diwali-500", "Diwali")),
    (
        "thank members for their patience: 15 percent discount this weekend",
        ("15% off", "this weekend", "your patience"),
    ),
    (
        "ask for a review of the Aurora lamp https://x.org/r?a=1&b=2.",
        ("the Aurora lamp", "https://x.org/r?a=1&b=2"),
    ),
    (
        "summer sale: up to 50% off shoes, free shipping",
        ("summer sale", "up to 50% off", "free shipping", "shoes"),
    ),
    ("Tell members that the shop is closed on Monday", ("the shop is closed on Monday",)),
    ("remind customers to renew their membership by 31 December", ("renew your membership by 31 December",)),
    (
        "try 'Cold Brew', buy one get one free before 1 May 2027",
        ("Cold Brew", "buy one get one free", "before 1 May 2027"),
    ),
)


@pytest.mark.parametrize("channel", Channel)
@pytest.mark.parametrize(("objective", "details"), DETAILS, ids=[text[:30] for text, _ in DETAILS])
def test_every_variant_carries_the_details_of_the_objective(
    objective: str, details: tuple[str, ...], channel: Channel
) -> None:
    for draft in drafts(objective, channel):
        body = sent(draft, channel, name="Ann").body
        assert [detail for detail in details if detail.lower() not in body.lower()] == []


@pytest.mark.parametrize(
    "objective",
    [
        "win back the 20% of customers who left",
        "feel free to use the code of conduct",
        "grow by 10% more orders",
    ],
)
def test_what_only_looks_like_an_offer_or_a_code_is_none(objective: str) -> None:
    details = details_of(objective)
    assert (details.offer, details.code) == (None, None)


HOSTILE = (
    "{{ customer.email }}",
    "{% for i in (1..100000) %}x{% endfor %}",
    "{% raw %}{% endraw %}",
    "launch '{{ customer.phone }}' with code {{SAVE20}}",
    "20% off {{ customer.total_spend }} until {% now %}",
    "<script>alert(1)</script> sale",
    "<b>bold</b> {name} %%name%%",
    "win back\r\nBcc: all@example.com",
    "{" * 500,
    "}}{{" * 100,
)


@pytest.mark.parametrize("channel", Channel)
@pytest.mark.parametrize("objective", HOSTILE)
def test_liquid_and_html_of_an_objective_are_printed_never_run(objective: str, channel: Channel) -> None:
    customer = {"name": "Ann", "email": "secret@example.com", "phone": "+15550100", "total_spend": 99_999}
    for draft in drafts(objective, channel):
        template = parse(draft.subject, draft.body, channel)
        assert set(template.fields) - LINKS == {"customer.name"}
        assert not template.html
        message = sent(draft, channel, **customer)
        assert "secret@example.com" not in message.body
        assert "\n" not in (message.subject or "")
        assert "\r" not in message.body


def test_an_objective_in_its_own_words_stands_in_the_text_as_it_is() -> None:
    message = sent(drafts("a {{ x }} <b> {name}")[0], Channel.EMAIL)
    assert "A short note from us: a {{ x }} <b> {name}." in message.body


@given(
    objective=st.text(max_size=300) | st.text("{}%<>'\"|- abc", max_size=80),
    channel=st.sampled_from(Channel),
    tone=st.none() | st.sampled_from(TONES),
    audience=st.none() | st.just("last visit is not within the last 90 days"),
)
@effort(max_examples=150, deadline=None, database=None)
def test_any_objective_gives_distinct_drafts_that_pass_the_template_check(
    objective: str, channel: Channel, tone: str | None, audience: str | None
) -> None:
    found = drafts(objective, channel, tone=tone, audience=audience)
    assert len({draft.body for draft in found}) == VARIANTS
    for draft in found:
        assert set(parse(draft.subject, draft.body, channel).fields) - LINKS == {"customer.name"}


@pytest.mark.parametrize(
    "objective", ["win back " * 220, "a" * 2_000, "with our " * 220, "sale on a, " * 180]
)
def test_the_longest_objective_takes_no_time_and_keeps_the_limits(objective: str) -> None:
    began = time.perf_counter()
    email, message = drafts(objective[:2_000], count=1)[0], drafts(objective[:2_000], Channel.SMS, count=1)[0]
    assert time.perf_counter() - began < 0.5
    assert len(email.subject or "") < 120
    assert segments_of(sent(message, Channel.SMS, name="Ann").body).count <= 3


def test_the_same_request_is_answered_in_the_same_words() -> None:
    assert drafts("bring back inactive customers") == drafts("bring back inactive customers")


def test_fewer_variants_are_the_first_ones() -> None:
    assert drafts("thank customers", count=2) == drafts("thank customers")[:2]
    for count in (0, VARIANTS + 1):
        with pytest.raises(ValueError, match="1 to 5"):
            drafts("thank customers", count=count)


def test_news_for_those_who_stayed_away_begins_with_that() -> None:
    away = "total spend is more than 5,000.00 USD and last visit is not within the last 90 days"
    told = "a while since your last visit"
    assert told in drafts("launch the new menu", audience=away)[0].body
    assert told not in drafts("launch the new menu", audience=f"{away} or city is set")[0].body
    assert told not in drafts("welcome new customers", audience=away)[0].body


@pytest.mark.parametrize("form", [*FORMS, SALE, EVENT, GENERAL], ids=lambda form: form.name)
def test_a_form_says_everything_in_five_ways(form: object) -> None:
    for name in ("subjects", "openings", "short"):
        assert len(set(getattr(form, name))) == VARIANTS
