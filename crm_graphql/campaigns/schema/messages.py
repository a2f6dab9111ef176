"""Messages as clients see them: as they are written, as somebody gets them, and what is found in them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated, Any

import strawberry
from bson import ObjectId

from crm_graphql.audiences.schema.stats import DeliveryStats
from crm_graphql.campaigns.html_links import pictures_on_servers
from crm_graphql.campaigns.previews import Preview
from crm_graphql.campaigns.schema.results import CampaignResults, variant_results
from crm_graphql.core.channels import Channel
from crm_graphql.core.errors import Problem
from crm_graphql.core.paging import Row
from crm_graphql.core.sms_segments import segments_of
from crm_graphql.gql.context import Info
from crm_graphql.gql.errors import Payload, UserError
from crm_graphql.gql.node import node_type

if TYPE_CHECKING:
    from crm_graphql.campaigns.findings import Finding
    from crm_graphql.media.schema.types import Media

WARNINGS = "What may be unmeant, at its place: another tool's placeholder, a date pattern without %."


@strawberry.type(description="A value of a WhatsApp template.")
class WhatsappParameter:
    name: str = strawberry.field(description="The parameter's name in the template.")
    value: str = strawberry.field(description="Its value, a Liquid template.")


@strawberry.type(description="A template that WhatsApp has approved, with what goes into it.")
class WhatsappMessage:
    template: str = strawberry.field(description="The template's name at WhatsApp.")
    language: str = strawberry.field(description="Its language, as WhatsApp writes it: en, pt_BR.")
    parameters: list[WhatsappParameter] = strawberry.field(description="Its values.")
    media_key: strawberry.Private[ObjectId | None]

    @strawberry.field(description="The picture or document in its head; null once deleted.")
    async def header_media(
        self, info: Info
    ) -> Annotated[Media, strawberry.lazy("crm_graphql.media.schema.types")] | None:
        if self.media_key is None:
            return None
        media: Media | None = await node_type("Media").load(info, self.media_key)
        return media

    @classmethod
    def from_document(cls, row: Row) -> WhatsappMessage:
        """The projection of a stored message's template."""
        return cls(
            template=row["template"],
            language=row["language"],
            parameters=[WhatsappParameter(**one) for one in row["parameters"]],
            media_key=row.get("header_media_id"),
        )


@strawberry.type(description="The text of a campaign: Liquid templates.")
class Message:
    subject: str | None = strawberry.field(description="The subject; email only.")
    body: str = strawberry.field(
        description="The text; beside HTML what those see who see no HTML. Empty where there is none."
    )
    html: str | None = strawberry.field(
        description="The HTML, with its styles inlined where that was asked for."
    )
    preheader: str | None = strawberry.field(description="What mail clients show beside the subject.")
    from_name: str | None = strawberry.field(description="The sender's name; null for the deployment's.")
    reply_to: str | None = strawberry.field(description="Where answers go; null for the sender.")
    whatsapp: WhatsappMessage | None = strawberry.field(description="In place of the text; WhatsApp only.")

    @classmethod
    def from_document(cls, row: Row | None) -> Message:
        """The projection of a stored message; an empty one where none is written."""
        row = row or {}
        whatsapp = row.get("whatsapp")
        return cls(
            subject=row.get("subject"),
            body=row.get("body") or "",
            html=row.get("html"),
            preheader=row.get("preheader"),
            from_name=row.get("from_name"),
            reply_to=row.get("reply_to"),
            whatsapp=WhatsappMessage.from_document(whatsapp) if whatsapp else None,
        )


@strawberry.type(description="One of several messages of a campaign.")
class Variant:
    key: str = strawberry.field(description="Its name within the campaign.")
    weight: int = strawberry.field(description="Relative: 2 gets twice the share of 1.")
    message: Message = strawberry.field(description="The text.")
    stats: DeliveryStats = strawberry.field(
        description="Of those to whom it is assigned; who was refused or held out before is in none."
    )
    campaign_id: strawberry.Private[ObjectId]
    is_launched: strawberry.Private[bool]

    @classmethod
    def all_of(cls, row: Row) -> list[Variant]:
        """Those of a campaign document, in their order."""
        return [
            cls(
                key=one["key"],
                weight=one["weight"],
                message=Message.from_document(one["message"]),
                stats=DeliveryStats.from_document(row, one["key"]),
                campaign_id=row["_id"],
                is_launched=row.get("launched_at") is not None,
            )
            for one in row.get("variants") or ()
        ]

    @strawberry.field(description="What came of it, in people. Null before the campaign's launch.")
    async def results(self, info: Info) -> CampaignResults | None:
        return await variant_results(info, self.campaign_id, self.key) if self.is_launched else None


@strawberry.type(description="A picture that a message shows.")
class MessagePicture:
    url: str = strawberry.field(description="Where it lies, as the HTML says.")
    is_published: bool = strawberry.field(
        description="Whether it lies where this deployment publishes files; others lie on other servers."
    )


@strawberry.type(description="A message as one customer would get it.")
class MessagePreview:
    subject: str | None = strawberry.field(description="The rendered subject.")
    body: str | None = strawberry.field(description="The rendered body; null with `errors`.")
    html: str | None = strawberry.field(
        description="The rendered HTML, its preheader included; null where there is none."
    )
    preheader: str | None = strawberry.field(description="The rendered preheader.")
    from_name: str | None = strawberry.field(description="The sender's name; null for the deployment's.")
    reply_to: str | None = strawberry.field(description="Where answers go; null for the sender.")
    parameters: list[WhatsappParameter] = strawberry.field(description="The rendered values of a template.")
    missing: list[str] = strawberry.field(description="Placeholders that had no value and no default.")
    errors: list[UserError] = strawberry.field(description="What is wrong with the template.")
    warnings: list[UserError] = strawberry.field(description=WARNINGS)
    segments: int | None = strawberry.field(
        default=None, description="Of an SMS: how many messages it is charged as, with these values."
    )

    @strawberry.field(description="The pictures in the HTML that lie on a server, each address once.")
    async def pictures(self, info: Info) -> list[MessagePicture]:
        if self.html is None:
            return []
        public_url = info.context.resources.settings.public_url
        # Large HTML takes a quarter of a second to read.
        found = await asyncio.to_thread(pictures_on_servers, self.html, public_url)
        return [MessagePicture(url=url, is_published=is_own) for url, is_own in found.items()]

    @classmethod
    def of(cls, preview: Preview) -> MessagePreview:
        """That of a message that can be rendered."""
        rendered, message = preview.rendered, preview.message
        return cls(
            subject=rendered.subject,
            body=rendered.body,
            html=rendered.html,
            preheader=rendered.preheader,
            from_name=message.from_name,
            reply_to=message.reply_to,
            parameters=[
                WhatsappParameter(name=name, value=value) for name, value in rendered.parameters or ()
            ],
            missing=list(rendered.missing),
            errors=[],
            warnings=[UserError.from_problem(warning) for warning in preview.warnings],
            segments=segments_of(rendered.body).count if preview.channel is Channel.SMS else None,
        )

    @classmethod
    def refused(cls, problems: tuple[Problem, ...]) -> MessagePreview:
        """That of a message that cannot."""
        nothing: dict[str, Any] = dict.fromkeys(
            ("subject", "body", "html", "preheader", "from_name", "reply_to")
        )
        errors = [UserError.from_problem(problem) for problem in problems]
        return cls(**nothing, parameters=[], missing=[], errors=errors, warnings=[])


@strawberry.type(description="Something that a template may name.")
class TemplateField:
    name: str = strawberry.field(description='How a template names it, e.g. "customer.name".')
    label: str = strawberry.field(description="What it is, for people.")
    example: str | None = strawberry.field(description="What it may look like.")


@strawberry.type(description="Something that stands in the way of a launch, or that one may have overlooked.")
class CampaignFinding:
    code: str = strawberry.field(description="For translation: NOBODY_REACHABLE, LINK_INVALID and the like.")
    is_blocking: bool = strawberry.field(description="False: a warning only; it can be launched.")
    message: str = strawberry.field(description="A sentence a person can act on.")
    path: list[str] = strawberry.field(description='Into the campaign, as ["message", "html"].')

    @classmethod
    def of(cls, finding: Finding) -> CampaignFinding:
        """The projection of a finding."""
        return cls(
            code=finding.code.value,
            is_blocking=finding.is_blocking,
            message=finding.message,
            path=list(finding.path),
        )


@strawberry.type(description="What became of campaignTest.")
class CampaignTestPayload(Payload):
    sent: int = strawberry.field(default=0, description="How many addresses the vendor took it for.")
