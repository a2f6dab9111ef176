"""Topics as records of one ingestion name them: those that there are, and one that a file's columns need."""

from __future__ import annotations

from dataclasses import dataclass

from bson import ObjectId

from crm_graphql.consents.queries import topics_by_name
from crm_graphql.consents.service import topic_for_import
from crm_graphql.core.actor import Actor
from crm_graphql.core.clock import Clock
from crm_graphql.core.errors import InvalidInput
from crm_graphql.ingestion.said import TopicName


@dataclass(frozen=True, slots=True)
class Topics:
    """`by_name` has them by their names in folded case, and becomes more. `makes` is false for a dry run:
    what would be made stands in it under an id of nobody's."""

    by_name: dict[str, TopicName]
    actor: Actor
    clock: Clock
    makes: bool = True

    @classmethod
    async def read(cls, actor: Actor, clock: Clock, *, makes: bool = True) -> Topics:
        """The topics as they are now."""
        rows = await topics_by_name()
        found = {name: TopicName(str(row["_id"]), row["slug"]) for name, row in rows.items()}
        return cls(found, actor, clock, makes)

    async def make(self, name: str, *, is_opt_out: bool = False) -> None:
        """Make the topic that a row needs, unless somebody has; then the row can be checked again. Raises
        InvalidInput at `topic`, LimitExceeded."""
        if not self.makes:
            self.suppose(name)
            return
        try:
            row = await topic_for_import(self.actor, name, is_opt_out=is_opt_out, clock=self.clock)
        except InvalidInput as error:
            raise InvalidInput(str(error), path=("topic",)) from None
        self.by_name[name.strip().casefold()] = TopicName(str(row["_id"]), row["slug"])

    def suppose(self, name: str) -> None:
        """Go on as if the topic were there."""
        key = name.strip().casefold()
        self.by_name[key] = TopicName(str(ObjectId()), key)
