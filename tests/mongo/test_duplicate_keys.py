"""Of a bulk write that met taken keys it is known which operations did; other failures stay failures."""

from __future__ import annotations

import pytest
from pymongo import InsertOne
from pymongo.errors import BulkWriteError

from crm_graphql.mongo.duplicate_keys import already_taken
from crm_graphql.resources import Resources

COLLECTION = "counters"


async def failure(resources: Resources, *ids: object) -> BulkWriteError:
    """What inserting documents with these ids raises."""
    with pytest.raises(BulkWriteError) as raised:
        await resources.database[COLLECTION].bulk_write(
            [InsertOne({"_id": one, "value": 1}) for one in ids], ordered=False
        )
    return raised.value


async def test_the_places_of_what_is_taken_are_told(resources: Resources) -> None:
    assert already_taken(await failure(resources, "a", "b", "a", "c", "b")) == {2, 4}


async def test_another_failure_among_them_is_raised(resources: Resources) -> None:
    # An array cannot be an id.
    error = await failure(resources, "a", "a", ["b"])
    with pytest.raises(BulkWriteError):
        already_taken(error)
