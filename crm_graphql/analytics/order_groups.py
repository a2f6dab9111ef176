"""Orders in groups: by days, or by what their customers are, of all customers or those of a rule."""

from __future__ import annotations

from crm_graphql.analytics.customer_groups import Groups, added_up, totals_of_orders
from crm_graphql.analytics.joins import MOVING, Facts, joined
from crm_graphql.analytics.metrics import TIMES
from crm_graphql.analytics.order_days import orders_by_day
from crm_graphql.analytics.pipelines import ORDER_MEASURES, local_day, moments
from crm_graphql.analytics.questions import Question
from crm_graphql.analytics.reading import Budget
from crm_graphql.orders.documents import Order
from crm_graphql.orders.queries import counts_are_whole, ordered_between


async def sum_orders(question: Question, budget: Budget) -> Groups:
    """Orders and their worth by the question's dimension, of customers that are there. Raises TooSlow.

    Quick at any size: by days of all customers, and of all time by a field of theirs. The rest reads each
    order, within the time.
    """
    by_day = question.by in TIMES
    if by_day and question.rule is None:
        return await orders_by_day(question.span, question.zone, budget)
    if not by_day and question.span.is_open:
        return await totals_of_orders(question, budget)
    between = await ordered_between()
    if between is None:
        return {}
    within = {"ordered_at": moments(question.span.first, question.span.end)}
    facts = Facts(
        document=Order,
        matching=within,
        ranged=within,
        lagging=MOVING,
        measures=ORDER_MEASURES,
        part=local_day("ordered_at", question.zone, between) if by_day else None,
        fields=("amount", "ordered_at"),
        hint="ordered_at",
        count=await _orders_within(question, budget),
        by_day=by_day,
    )
    return added_up(await joined(facts, question, budget), "orders", "amount", by_day=by_day)


async def _orders_within(question: Question, budget: Budget) -> int:
    """About how many there are, found without reading them."""
    if question.span.is_open or not await counts_are_whole():
        return await Order.get_pymongo_collection().estimated_document_count()
    days = await orders_by_day(question.span, question.zone, budget)
    return sum(sums["orders"] for sums in days.values())
