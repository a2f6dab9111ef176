"""Inputs of the mutations on media."""

from __future__ import annotations

import strawberry

from crm_graphql.customers.schema.references import CustomerRef


@strawberry.input(description="A file and the customer whose record it belongs to.")
class MediaAttachInput:
    id: strawberry.ID = strawberry.field(description="The file's global id.")
    customer: CustomerRef = strawberry.field(description="The customer.")


@strawberry.input(description="Whether everybody may have a picture.")
class MediaPublishInput:
    id: strawberry.ID = strawberry.field(description="The file's global id.")
    is_public: bool = strawberry.field(
        description="true: give it an address that never expires; false: end the address that it has."
    )


@strawberry.input(description="Which file to delete.")
class MediaDeleteInput:
    id: strawberry.ID = strawberry.field(description="Its global id.")
