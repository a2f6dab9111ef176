"""Messages as clients write them."""

from __future__ import annotations

from collections.abc import Sequence

import strawberry
from bson import ObjectId

from crm_graphql.campaigns.documents import WhatsappMessage, WhatsappParameter
from crm_graphql.campaigns.drafts import MessageDraft
from crm_graphql.core.errors import Faults
from crm_graphql.core.ids import decode_key


@strawberry.input(description="A value of a WhatsApp template.")
class WhatsappParameterInput:
    name: str = strawberry.field(description="The parameter's name in the template, or its number.")
    value: str = strawberry.field(description="A Liquid template, as for a body.")


@strawberry.input(description="A template that WhatsApp has approved, with what goes into it.")
class WhatsappMessageInput:
    template: str = strawberry.field(description="The template's name at WhatsApp.")
    language: str = strawberry.field(description="Its language, as WhatsApp writes it: en, pt_BR.")
    parameters: list[WhatsappParameterInput] | None = strawberry.field(
        default=None, description="Its values, at most 50."
    )
    header_media_id: strawberry.ID | None = strawberry.field(
        default=None, description="A picture or document in its head: a file that is READY."
    )


@strawberry.input(description="The text of a campaign: a body, HTML, or a WhatsApp template.")
class MessageInput:
    subject: str | None = strawberry.field(default=None, description="Email only.")
    body: str | None = strawberry.field(
        default=None,
        description="A Liquid template: \"Hi {{ customer.name | default: 'there' }}\". Left out beside "
        "`html` it is made from that.",
    )
    html: str | None = strawberry.field(
        default=None,
        description="Liquid, in which values are escaped; at most 500,000 characters. Email only.",
    )
    inline_css: bool | None = strawberry.field(
        default=None,
        description="Write the rules of the HTML's style elements into the elements that they are for, once. "
        "Nothing is fetched.",
    )
    preheader: str | None = strawberry.field(
        default=None, description="What mail clients show beside the subject: Liquid. Email only."
    )
    from_name: str | None = strawberry.field(
        default=None, description="The sender's name, where it is not the deployment's. Email only."
    )
    reply_to: str | None = strawberry.field(
        default=None, description="Where answers go, where that is not the sender. Email only."
    )
    whatsapp: WhatsappMessageInput | None = strawberry.field(
        default=None, description="An approved template, in place of the body. WhatsApp only."
    )

    def draft(self, faults: Faults, *path: str) -> MessageDraft:
        """The message as it is written; what cannot be read of it is noted under `path`."""
        return MessageDraft(
            subject=self.subject,
            body=self.body,
            html=self.html,
            preheader=self.preheader,
            from_name=self.from_name,
            reply_to=self.reply_to,
            whatsapp=_whatsapp(self.whatsapp, faults, *path, "message") if self.whatsapp else None,
            inline_css=bool(self.inline_css),
        )


def _whatsapp(given: WhatsappMessageInput, faults: Faults, *path: str) -> WhatsappMessage:
    header: ObjectId | None = None
    if given.header_media_id is not None:
        with faults.noted(*path, "whatsapp"):
            header = decode_key("Media", given.header_media_id, field="headerMediaId")
    return WhatsappMessage(
        template=given.template,
        language=given.language,
        parameters=[WhatsappParameter(name=one.name, value=one.value) for one in given.parameters or ()],
        header_media_id=header,
    )


def attachment_keys(given: Sequence[str] | None, faults: Faults) -> list[ObjectId]:
    """The files that are named; ids that are none are noted."""
    keys: list[ObjectId] = []
    for number, one in enumerate(given or ()):
        with faults.noted("attachmentIds"):
            keys.append(decode_key("Media", one, field=str(number)))
    return keys
