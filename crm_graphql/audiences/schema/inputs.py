"""Rules and audiences as clients write them."""

from __future__ import annotations

from typing import Any

import strawberry
from strawberry.scalars import JSON

from crm_graphql.audiences.fields import RuleOperator
from crm_graphql.gql.enums import describe_enum

describe_enum(
    RuleOperator,
    "How a field is compared. A comparison with a field that is not set is false; NE and the NOT_ operators "
    "are exactly the negation of their twins, so they are true there.",
    {
        "EQ": "Equal; texts without regard to case, external ids exactly; a date without a time is its day, "
        "in the deployment's time zone.",
        "NE": "Not equal, or not set.",
        "GT": "Greater than, or later; after a date without a time means after its end.",
        "GTE": "Greater than or equal.",
        "LT": "Less than, or earlier.",
        "LTE": "Less than or equal; a date without a time counts to its end.",
        "BETWEEN": "Between two values, both ends included; of dates without a time the whole days.",
        "IN": "Equal to one of a list.",
        "NOT_IN": "Equal to none of a list, or not set.",
        "CONTAINS": "Text: substring, case-insensitive. List: has the element.",
        "NOT_CONTAINS": "The negation of CONTAINS.",
        "STARTS_WITH": "Text that begins so, case-insensitive.",
        "IS_SET": "Has a value.",
        "NOT_SET": "Has no value.",
        "WITHIN_LAST": "Within this long before the moment of evaluation.",
        "NOT_WITHIN_LAST": "The negation of WITHIN_LAST; also true for what never happened.",
    },
)


HALF_WRITTEN_INPUTS = frozenset({"RuleInput", "ConditionInput"})
"""What a rule builder sends as it is: the reader of rules says what is missing, and where."""


@strawberry.input(description="One comparison of a customer's field with a value.")
class ConditionInput:
    field: str = strawberry.field(
        description="totalSpend, visitCount, firstVisitAt, lastVisitAt, createdAt, externalId, name, email, "
        "phone, city, country or tags; `ruleFields` lists them."
    )
    operator: RuleOperator = strawberry.field(description="How to compare.")
    value: JSON | None = strawberry.field(
        default=strawberry.UNSET,
        description="Number (money may be decimal text), string, boolean, date-time text, a list of these; "
        '[low, high] for BETWEEN; an ISO 8601 duration ("P90D", "P6M") for WITHIN_LAST; nothing for IS_SET.',
    )

    def tree(self) -> dict[str, Any]:
        """The condition as a plain tree, without what was left out: it may be half-written."""
        given = {"field": self.field, "operator": self.operator, "value": self.value}
        return {name: value for name, value in given.items() if value is not strawberry.UNSET}


@strawberry.input(one_of=True, description="A rule. Exactly one key, the others absent (not null).")
class RuleInput:
    all: list[RuleInput] | None = strawberry.field(
        default=strawberry.UNSET, description="Every one of these rules holds."
    )
    any: list[RuleInput] | None = strawberry.field(
        default=strawberry.UNSET, description="At least one of these rules holds."
    )
    not_: RuleInput | None = strawberry.field(
        name="not", default=strawberry.UNSET, description="This rule does not hold."
    )
    where: ConditionInput | None = strawberry.field(default=strawberry.UNSET, description="One comparison.")

    def tree(self) -> dict[str, Any]:
        """The rule as a plain tree, without the keys that were left out."""
        if isinstance(self.all, list):
            return {"all": [rule.tree() for rule in self.all]}
        if isinstance(self.any, list):
            return {"any": [rule.tree() for rule in self.any]}
        if self.not_:
            return {"not": self.not_.tree()}
        return {"where": self.where.tree()} if self.where else {}


@strawberry.input(description="A new audience.")
class AudienceCreateInput:
    name: str = strawberry.field(description="1 to 200 characters.")
    description: str | None = strawberry.field(default=None, description="At most 2,000 characters.")
    rule: RuleInput = strawberry.field(description="Who is in it.")


@strawberry.input(description="A change of an audience. A field left out stays.")
class AudienceUpdateInput:
    id: strawberry.ID = strawberry.field(description="Which audience.")
    name: str | None = strawberry.field(default=strawberry.UNSET, description="1 to 200 characters.")
    description: str | None = strawberry.field(
        default=strawberry.UNSET, description="At most 2,000 characters; null clears it."
    )
    rule: RuleInput | None = strawberry.field(default=strawberry.UNSET, description="Who is in it.")


@strawberry.input(description="The end of an audience.")
class AudienceDeleteInput:
    id: strawberry.ID = strawberry.field(description="Which audience.")
