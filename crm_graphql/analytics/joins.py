"""Joins of customers with their orders or deliveries: from whichever side is shorter.

A customer whose orders are looked up costs about as much as an order whose customer is looked up (20 us). So
the way goes from the customers where a rule leaves fewer of them than there are orders within the time.
Without a rule none is left out, and only those who have any are looked up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from beanie import Document

from crm_graphql.analytics.metrics import PLACES
from crm_graphql.analytics.pipelines import AS_NUMBER, from_customers, from_facts
from crm_graphql.analytics.questions import Question
from crm_graphql.analytics.reading import Budget, TooSlow
from crm_graphql.audiences.compile import compile_rule
from crm_graphql.audiences.counting import count_matching
from crm_graphql.core.paging import Row
from crm_graphql.customers.documents import Customer, MergedCustomer


@dataclass(frozen=True, slots=True)
class Facts:
    """Orders or deliveries: which of them, what is summed up, by what part of them (a day where `by_day`),
    and which of their fields that takes.

    `hint` names the index that finds them by themselves, `ranged` is what the index on the customer serves of
    `matching`, `count` is about how many there are.
    """

    document: type[Document]
    matching: Mapping[str, Any]
    measures: Mapping[str, Any]
    part: Any
    fields: Sequence[str]
    hint: str
    count: int
    ranged: Mapping[str, Any] = field(default_factory=dict)
    by_day: bool = False
    lagging: Mapping[str, Any] = field(default_factory=dict)
    """Merges after which some of the facts still lie under the key that a customer had: of orders while they
    are moved, of deliveries for good where both had one of the same campaign."""


MOVING = {"is_open": True}
"""Merges whose orders may not be moved yet."""


async def joined(facts: Facts, question: Question, budget: Budget) -> Sequence[Row]:
    """The sums by the question's field of customers and the facts' part, of the customers of its rule.

    Raises TooSlow.
    """
    place = PLACES.get(question.by)
    rule = None if question.rule is None else compile_rule(question.rule, question.at)
    after = [AS_NUMBER] if facts.by_day else []
    async with budget.turn():
        merged = await merged_collection(facts.lagging)
        if rule is not None and await _count(question, budget) <= facts.count:
            stages = from_customers(
                rule,
                facts.measures,
                part=facts.part,
                facts=facts.matching,
                ranged=facts.ranged,
                collection=facts.document.get_pymongo_collection().name,
                place=place,
                fields=facts.fields,
                merged=merged,
            )
            return await budget.rows(Customer, [*stages, *after])
        stages = from_facts(
            facts.matching,
            facts.measures,
            part=facts.part,
            customers=Customer.get_pymongo_collection().name,
            rule=rule,
            place=place,
            merged=merged,
        )
        return await budget.rows(facts.document, [*stages, *after], hint=facts.hint)


async def _count(question: Question, budget: Budget) -> int:
    """How many customers the rule selects."""
    assert question.rule is not None, "only the customers of a rule may be fewer"
    found = await count_matching(question.rule, question.at, timeout_seconds=budget.left)
    if found is None:
        raise TooSlow(budget.seconds)
    return found


async def merged_collection(lagging: Mapping[str, Any]) -> str | None:
    """Where to look up whose keys are; None where no merge is like this, which is mostly so."""
    merged = MergedCustomer.get_pymongo_collection()
    return None if await merged.find_one(lagging, {"_id": 1}) is None else merged.name
