"""A campaign is told in three to five sentences, and every number in any text is held to its figures."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import settings as effort
from hypothesis import strategies as st

from crm_graphql.assistant.summaries import (
    CampaignFigures,
    Earlier,
    Orders,
    facts,
    plain_summary,
    wrong_numbers,
)
from crm_graphql.assistant.summaries.sentences import CAUSES
from crm_graphql.assistant.summaries.suggestion import OTHERWISE, SUGGESTIONS, suggestion
from crm_graphql.campaigns.documents import CampaignStatus
from crm_graphql.delivery.documents import DeliveryReason
from tests.assistant.campaigns import AT, example, figures

NUMBER = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?")


def sentences(text: str, of: CampaignFigures) -> int:
    """How many sentences it has, whatever the names in it."""
    names = [of.name, *([of.earlier.name] if of.earlier else [])]
    for name in names:
        text = text.replace(f"“{name}”", "It")
    return len(re.findall(r"[.](?:\s|$)", text))


def test_a_campaign_is_told_whole() -> None:
    assert plain_summary(example()) == (
        "“Summer sale” went to 1,000 recipients by email; as of 27 November 2026, 08:10 UTC, 912 delivered "
        "(96.7%). 31 failed (20 refused by the receiving side and 11 refused by the vendor) and 57 skipped "
        "(57 without an address for the channel). Since its launch, 45 customers of those it reached (4.9%) "
        "placed 60 orders worth 123,450.00 USD. The campaign to this audience before it, “Spring sale”, had "
        "900 recipients: delivered 88.9% (now 7.8 percentage points more) and as long after its launch "
        "2.5% had ordered (now 2.4 percentage points more). Thank those who ordered, and remind those who "
        "have not."
    )


def test_three_decimals_are_no_group_of_thousands() -> None:
    of = example(orders=Orders(customers=1, orders=1, revenue=18_496_520))
    assert wrong_numbers("Worth 1,849.652 USD.", of) == []
    assert wrong_numbers("Worth 1,849,652 USD.", of) == ["1,849,652"]


@given(of=figures())
@effort(max_examples=400, deadline=None, database=None)
def test_the_plain_summary_of_any_campaign_states_its_own_figures(of: CampaignFigures) -> None:
    text = plain_summary(of)
    assert wrong_numbers(text, of) == []
    assert 3 <= sentences(text, of) <= 5, text
    assert "27 November 2026, 08:10 UTC" in text


@given(of=figures(), data=st.data())
@effort(max_examples=400, deadline=None, database=None)
def test_a_number_that_is_changed_is_found(of: CampaignFigures, data: st.DataObject) -> None:
    text = plain_summary(of)
    hidden = text
    for name in filter(None, (of.name, of.earlier.name if of.earlier else None)):
        hidden = hidden.replace(f"“{name}”", " " * (len(name) + 2))
    place = data.draw(st.sampled_from(list(NUMBER.finditer(hidden))))
    other = str(data.draw(st.integers(3_000_001, 10**9)))
    assume(all(int(other) != abs(fact.value) for fact in facts(of)))
    changed = f"{text[: place.start()]}{other}{text[place.end() :]}"
    assert wrong_numbers(changed, of)


RIGHT = (
    *(
        "912 were delivered",
        "９１２ delivered",
        "nine failed? no: thirty-one failed",
        "about 910",
        "over 900",
    ),
    *("nearly 1,000 got it", "1k recipients", "1.0k", "1 000 recipients", "1.000 recipients", "1'000 people"),
    *("97% arrived", "96.7 percent", "96,7 %", "about 100%", "almost 97%", "5% ordered", "7.8 points better"),
    *("123,450 USD", "$123,450.00", "about 123k USD", "USD 123,450", "0.1 million USD", "about 120,000 USD"),
    *(
        "this one did well",
        "one suggestion:",
        "26 days ago",
        "on 1 November 2026",
        "November 1",
        "2026-11-01",
    ),
    *("08:10", "8:10 am", "“Summer sale” sold", "60 orders by 45 customers", "sixty orders", "-7.8 pp"),
    *("twenty bounced", "eleven were refused", "Nothing here", "91.2% of all recipients got it"),
)
WRONG = (
    *("913 were delivered", "９１３ delivered", "thirty-two failed", "about 960", "over 950", "under 700"),
    *(
        "2k recipients",
        "10 000 recipients",
        "1.001 recipients",
        "912% arrived",
        "94% arrived",
        "96.8 percent",
    ),
    *("912 USD", "$60", "123,451 USD", "124k USD", "60%", "one order", "one of its recipients", "a dozen"),
    *(
        "half of them ordered",
        "twice as many",
        "tripled",
        "27 days ago",
        "on 2 November 2026",
        "1 November 2025",
    ),
    *("2026-11-02", "08:11", "8:10 pm", "“Summer sale 12”", "9\u200b13", "twelve bounced", "³", "①②③", "٤٤"),
    *("threefold", "hundreds of orders", "5.0%", "0.05", "1e3", "+12", "3-5 orders", "forty customers", "v2"),
)


@pytest.mark.parametrize("text", RIGHT)
def test_a_figure_is_right_however_it_is_written(text: str) -> None:
    expected = ["nine"] if text.startswith("nine") else []
    assert wrong_numbers(text, example()) == expected


@pytest.mark.parametrize("text", WRONG)
def test_what_is_no_figure_is_wrong_however_it_is_written(text: str) -> None:
    assert wrong_numbers(text, example()) != []


@pytest.mark.parametrize("amount", ["1,574.132", "1.574,132", "1 574.132", "1574.132", "1,574.13", "1,574"])
def test_thousands_are_parted_by_one_sign_and_decimals_begin_with_another(amount: str) -> None:
    of = example(orders=Orders(1, 1, 1574_1320), earlier=None)
    assert wrong_numbers(f"{amount} USD", of) == []
    assert wrong_numbers(f"{amount.replace('5', '6')} USD", of) != []


def test_wrong_numbers_are_told_as_they_stand_in_the_text() -> None:
    text = "Of 1,000 recipients 914 got it (91.9%) and twelve bounced, for 5,000 USD, by 3 May."
    assert wrong_numbers(text, example()) == ["3 May", "914", "91.9%", "twelve", "5,000"]


def test_a_name_hides_its_numbers_only_where_it_stands_in_quotation_marks() -> None:
    of = example(name="Sale 77")
    assert wrong_numbers("“Sale 77” and 'Sale 77' did well", of) == []
    assert wrong_numbers("Sale 77 did well", of) == ["77"]


def test_no_number_of_nothing_is_stated() -> None:
    of = example(
        total=0, delivered=0, failed=0, skipped=0, orders=None, failed_by={}, skipped_by={}, earlier=None
    )
    text = plain_summary(of)
    assert "%" not in text
    assert "It has reached nobody" in text


def test_an_estimate_says_that_it_is_one() -> None:
    text = plain_summary(example(orders=Orders(24_000, 31_000, 1_200_000_0000, is_estimate=True)))
    assert "about 24,000 customers" in text
    assert "about 31,000 orders worth about 1,200,000.00 USD" in text


def test_a_draft_is_told_as_one() -> None:
    zero = dict.fromkeys(("total", "delivered", "failed", "skipped"), 0)
    of = example(launched_at=None, orders=None, earlier=None, status=CampaignStatus.DRAFT, **zero)
    assert plain_summary(of) == (
        "“Summer sale” is a draft and has not been launched. As of 27 November 2026, 08:10 UTC, nothing has "
        "been sent. Preview the message for a customer without any values, then launch it."
    )


def test_every_reason_of_the_ledger_has_its_words() -> None:
    assert {reason.value for reason in DeliveryReason} <= CAUSES.keys()


SUGGESTED: dict[str, dict[str, Any]] = {
    "Make a new campaign": {"launched_at": None, "status": CampaignStatus.CANCELLED},
    "template": {"failed_by": {"TEMPLATE_ERROR": 60}},
    "leaves nothing": {"skipped_by": {"TEMPLATE_ERROR": 300}},
    "bounced": {"failed_by": {"BOUNCED": 60}},
    "refused": {"failed_by": {"VENDOR_REJECTED": 60}},
    "receipts": {"failed_by": {"NO_RECEIPT": 60}},
    "outcome": {"failed_by": {"OUTCOME_UNKNOWN": 60}},
    "while it is paused": {"status": CampaignStatus.PAUSED},
    "all messages have their outcome": {"status": CampaignStatus.SENDING},
    "another channel for those": {"skipped_by": {"NO_ADDRESS": 300}},
    "more than once": {"skipped_by": {"DUPLICATE_ADDRESS": 300}},
    "Check the audience": {"delivered": 0, "orders": None},
    "campaign before this one": {"orders": Orders(5, 5, 1)},
    "Give it some days": {"orders": Orders(0, 0, 0), "earlier": None},
    "Thank those": {},
    "Preview": {"launched_at": None},
}


@pytest.mark.parametrize("words", SUGGESTED)
def test_a_summary_suggests_what_its_figures_call_for(words: str) -> None:
    of = example(**{"failed_by": {}, "skipped_by": {}, **SUGGESTED[words]})
    assert words in suggestion(of)
    assert wrong_numbers(suggestion(of), of) == []


def test_each_suggestion_is_made_for_some_campaign() -> None:
    made = {
        suggestion(example(**{"failed_by": {}, "skipped_by": {}, **changes}))
        for changes in SUGGESTED.values()
    }
    assert made == {text for _, text in SUGGESTIONS}
    assert suggestion(example(orders=None, failed_by={}, skipped_by={})) == OTHERWISE


def test_a_campaign_before_without_shares_is_named_alone() -> None:
    text = plain_summary(example(earlier=Earlier(name="Spring", launched_at=AT, total=0)))
    assert "“Spring”, had 0 recipients." in text
