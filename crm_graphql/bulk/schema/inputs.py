"""Inputs of bulk operations: whom they mean, and what is done."""

from __future__ import annotations

import strawberry
from bson import ObjectId
from strawberry import UNSET

from crm_graphql.audiences.schema.inputs import RuleInput
from crm_graphql.bulk.targets import CUSTOMERS_AT_ONCE, Target
from crm_graphql.core.errors import InvalidInput, Problem
from crm_graphql.core.ids import decode_key


@strawberry.input(
    one_of=True, description="Which customers. Exactly one of the four, as it stands at this moment."
)
class CustomersTargetInput:
    ids: list[strawberry.ID] | None = strawberry.field(
        default=UNSET, description="Their global ids: at most 1,000, done at once."
    )
    external_ids: list[str] | None = strawberry.field(
        default=UNSET, description="The caller's own keys: at most 1,000, done at once."
    )
    rule: RuleInput | None = strawberry.field(
        default=UNSET, description="Whoever matches this rule, in the background."
    )
    audience_id: strawberry.ID | None = strawberry.field(
        default=UNSET, description="Whoever matches this audience's rule, in the background."
    )

    def target(self) -> Target:
        """The target for the service. Raises InvalidInput with paths under "target" for ids that are none."""
        if isinstance(self.ids, list):
            return Target(keys=self._keys(self.ids))
        if isinstance(self.external_ids, list):
            return Target(external_ids=self.external_ids)
        if self.rule:
            return Target(rule=self.rule.tree())
        if self.audience_id:
            try:
                return Target(audience=decode_key("Audience", self.audience_id, field="audienceId"))
            except InvalidInput as error:
                raise InvalidInput.of([one.under("target") for one in error.problems]) from None
        return Target(keys=[])

    @staticmethod
    def _keys(ids: list[strawberry.ID]) -> list[ObjectId]:
        keys: list[ObjectId] = []
        problems: list[Problem] = []
        # What is beyond the limit is refused as a whole.
        for index, text in enumerate(ids[: CUSTOMERS_AT_ONCE + 1]):
            try:
                keys.append(decode_key("Customer", text, field=str(index)))
            except InvalidInput as error:
                problems += [one.under("target", "ids") for one in error.problems]
        if problems:
            raise InvalidInput.of(problems[:100])
        return keys


@strawberry.input(description="A change of the tags of many customers.")
class CustomersTagInput:
    target: CustomersTargetInput = strawberry.field(description="Whose.")
    add: list[str] | None = strawberry.field(
        default=None, description="Tags to add; one that a customer has in other letters it has."
    )
    remove: list[str] | None = strawberry.field(
        default=None, description="Tags to take away; case does not count."
    )


@strawberry.input(description="Another name of a tag.")
class TagRenameInput:
    tag: str = strawberry.field(description="The tag as it is; case does not count.")
    to: str = strawberry.field(description="The name that it gets; may be that of another tag.")


@strawberry.input(description="The end of a tag.")
class TagDeleteInput:
    tag: str = strawberry.field(description="The tag; case does not count.")


@strawberry.input(description="The end of an operation that is under way.")
class BulkOperationCancelInput:
    id: strawberry.ID = strawberry.field(description="Which operation.")
