"""Fields that a deployment adds are understood by themselves, by their label, type and options."""

from __future__ import annotations

from dataclasses import replace

import pytest

from crm_graphql.assistant.outcomes import SuggestionOutcome
from crm_graphql.assistant.reading import read
from crm_graphql.audiences.catalogue import catalogue
from crm_graphql.audiences.describe import describe_rule
from crm_graphql.audiences.fields import RuleField, RuleFieldType
from tests.assistant.vocabularies import NOW, vocabulary, vocabulary_with

TIER = RuleField("loyaltyTier", "Loyalty tier", "Custom", RuleFieldType.TEXT, ("folded", "tier"))
POINTS = RuleField("points", "Loyalty points", "Custom", RuleFieldType.NUMBER, ("points",))
BALANCE = RuleField("balance", "Wallet balance", "Custom", RuleFieldType.MONEY, ("balance",))
OPENS = RuleField("opens", "Opens", "Messages", RuleFieldType.NUMBER, ("opens",))
OPENED = RuleField("lastOpenAt", "Last open", "Messages", RuleFieldType.DATE_TIME, ("last_open_at",))
CONSENT = RuleField("emailConsent", "Email consent", "Consents", RuleFieldType.BOOLEAN, ("email_consent",))
GROUPS = RuleField("groups", "Groups", "Profile", RuleFieldType.LIST, ("folded", "groups"))
RELIGION = RuleField("religion", "Religion", "Custom", RuleFieldType.TEXT, ("folded", "religion"))
OWN = vocabulary_with(
    *(TIER, POINTS, BALANCE, OPENS, OPENED, CONSENT, GROUPS),
    loyaltyTier=("Gold", "Silver"),
    groups=("Early adopters", "Book club"),
)


@pytest.mark.parametrize(
    ("request_", "sentence"),
    [
        ("gold customers", 'loyalty tier is "Gold"'),
        ("customers with loyalty tier gold", 'loyalty tier is "Gold"'),
        ("gold or silver customers", 'loyalty tier is one of "Gold" or "Silver"'),
        ("customers who are not gold", 'loyalty tier is not "Gold"'),
        ("more than 500 loyalty points", "loyalty points is more than 500"),
        ("loyalty points between 100 and 200", "loyalty points is between 100 and 200"),
        ("loyaltyPoints", None),
        ("wallet balance over 1k", "wallet balance is more than 1,000.00 INR"),
        ("customers with at least ₹500 wallet balance", "wallet balance is at least 500.00 INR"),
        ("more than 3 opens", "opens is more than 3"),
        ("at least 2 opens and VIP", 'opens is at least 2 and tags include "vip"'),
        ("last open more than a month ago", "last open is set and last open is not within the last month"),
        ("last open in the last 30 days", "last open is within the last 30 days"),
        ("customers with email consent", "email consent is yes"),
        ("without email consent", "email consent is not yes"),
        ("email consent is no", "email consent is no"),
        ("early adopters in Pune", 'groups include "Early adopters" and city is "Pune"'),
        ("in the group book club", 'groups include "Book club"'),
        ("not in book club", 'groups do not include "Book club"'),
        ("gold customers without a phone", 'loyalty tier is "Gold" and phone is not set'),
    ],
)
def test_a_field_that_is_added_can_be_asked_for(request_: str, sentence: str | None) -> None:
    reading = read(request_, OWN, now=NOW)
    if sentence is None:
        assert reading.outcome is SuggestionOutcome.QUESTION
        return
    assert reading.rule is not None, reading.notes
    assert describe_rule(reading.rule, currency="INR") == sentence
    assert read(request_, vocabulary(), now=NOW).rule != reading.rule


def test_a_trait_is_no_field_unless_the_deployment_keeps_it() -> None:
    request_ = "Hindu customers"
    assert read(request_, vocabulary(), now=NOW).outcome is SuggestionOutcome.REFUSED
    kept = vocabulary_with(RELIGION, religion=("Hindu",))
    assert read(request_, kept, now=NOW).outcome is SuggestionOutcome.RULE


def test_a_value_of_two_fields_is_asked_about_until_its_place_is_said() -> None:
    both = vocabulary_with(TIER, loyaltyTier=("Mumbai",))
    assert read("Mumbai customers", both, now=NOW).outcome is SuggestionOutcome.QUESTION
    placed = read("customers from Mumbai", both, now=NOW)
    assert placed.rule is not None
    assert describe_rule(placed.rule, currency="INR") == 'city is "Mumbai"'


def test_an_amount_that_two_money_fields_could_have_is_asked_about() -> None:
    assert read("over ₹5,000", vocabulary(), now=NOW).outcome is SuggestionOutcome.ASSUMED
    assert read("over ₹5,000", OWN, now=NOW).outcome is SuggestionOutcome.QUESTION


@pytest.mark.parametrize(
    ("request_", "outcome"),
    [
        ("spent over $500", SuggestionOutcome.RULE),
        ("spent over 500 dollars", SuggestionOutcome.RULE),
        ("spent over 500 USD", SuggestionOutcome.RULE),
        ("spent over 500 bucks", SuggestionOutcome.RULE),
        ("spent over ₹500", SuggestionOutcome.QUESTION),
        ("spent over 500 pounds", SuggestionOutcome.QUESTION),
        ("spent over 500 rupees", SuggestionOutcome.QUESTION),
    ],
)
def test_money_is_that_of_the_deployment(request_: str, outcome: SuggestionOutcome) -> None:
    assert read(request_, replace(OWN, currency="USD"), now=NOW).outcome is outcome


def test_a_deployment_without_values_still_reads_what_needs_none() -> None:
    bare = replace(vocabulary(), values={}, top={}, bottom={})
    assert read("spent over 5k and not seen in 90 days", bare, now=NOW).outcome is SuggestionOutcome.RULE
    assert read("VIPs", bare, now=NOW).outcome is SuggestionOutcome.QUESTION
    assert read("high spenders", bare, now=NOW).outcome is SuggestionOutcome.QUESTION
    assert read("customers in India", bare, now=NOW).outcome is SuggestionOutcome.RULE


def test_words_for_a_field_that_is_not_there_are_not_understood() -> None:
    fields = {name: field for name, field in OWN.rule_fields.items() if name not in ("totalSpend", "phone")}
    without = replace(OWN, fields=tuple(catalogue(fields)), rule_fields=fields)
    assert read("spent over 5k", without, now=NOW).outcome is SuggestionOutcome.QUESTION
    assert read("without a phone number", without, now=NOW).outcome is SuggestionOutcome.QUESTION
    assert read("we can call", without, now=NOW).outcome is SuggestionOutcome.QUESTION
    assert read("high spenders", without, now=NOW).outcome is SuggestionOutcome.QUESTION
