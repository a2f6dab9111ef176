"""The message of a draft: completed when it is written, checked whenever it counts."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from liquid.exceptions import LiquidError

from crm_graphql.campaigns.documents import MessageTemplate
from crm_graphql.campaigns.html_styles import with_styles_inlined
from crm_graphql.campaigns.html_text import text_of
from crm_graphql.campaigns.message_rules import problems_of
from crm_graphql.campaigns.message_texts import HTML_LIMIT, Texts
from crm_graphql.campaigns.template import Template, parse_texts
from crm_graphql.campaigns.template_fields import names_of
from crm_graphql.core.channels import TRAITS, Channel
from crm_graphql.core.emails import plain_email
from crm_graphql.core.errors import Faults, InvalidInput, Problem, RequiredInput
from crm_graphql.core.slices import Slices
from crm_graphql.custom_fields.definitions import Definitions


class MessageDraft(MessageTemplate):
    """A message as it is written: with what is to be done to it once, before it is kept."""

    inline_css: bool = False

    @property
    def given(self) -> MessageTemplate:
        """It without that."""
        return MessageTemplate.model_validate(self.model_dump(exclude={"inline_css"}))


async def completed(message: MessageTemplate) -> MessageTemplate:
    """The message to be kept: with its styles inlined where that was asked for, and with a body made from its
    HTML where there is none.

    Raises InvalidInput where that cannot be done. What else is wrong with it is left to `checked_template`.
    """
    inlines = isinstance(message, MessageDraft) and message.inline_css
    kept = message.given if isinstance(message, MessageDraft) else message
    if kept.reply_to is not None:
        kept = kept.model_copy(update={"reply_to": plain_email(kept.reply_to)})
    if kept.html is None or len(kept.html) > HTML_LIMIT:
        return kept
    # The longest HTML takes half a second.
    return await asyncio.to_thread(_completed, kept, kept.html, inlines=inlines)


def _is_template(html: str) -> bool:
    try:
        parse_texts(Texts(html=html), Channel.EMAIL)
    except InvalidInput:
        return False
    return True


def _completed(message: MessageTemplate, html: str, *, inlines: bool) -> MessageTemplate:
    if not _is_template(html):
        return message
    changes = {"html": with_styles_inlined(html) if inlines else html}
    if not (message.body or "").strip():
        changes["body"] = _made_text(html)
    completed = message.model_copy(update=changes)
    # Its warnings are asked for next: they are known then.
    warnings_of(completed, Channel.EMAIL)
    return completed


def _made_text(html: str) -> str:
    try:
        made = text_of(html)
        if made.strip():
            parse_texts(Texts(body=made, html=html), Channel.EMAIL)
    except (LiquidError, InvalidInput) as error:
        told = error.problems[0].message if isinstance(error, InvalidInput) else str(error)
        text = f"No text can be made from this HTML; write the body yourself. {told}"
        raise InvalidInput(text, path=("message", "body")) from None
    return made


async def checked_message(
    message: MessageTemplate,
    channel: Channel,
    custom: Definitions,
    *,
    slices: Slices | None = None,
    is_preview: bool = False,
) -> Template:
    """`checked_template`, within the slices of the process; one with HTML, which may take longer than one of
    them, beside the event loop."""

    def check(message: MessageTemplate) -> Template:
        return checked_template(message, channel, custom, is_preview=is_preview)

    if message.html is not None:
        return await asyncio.to_thread(check, message)
    if slices is None:
        return check(message)
    (template,) = await slices.each([message], check)
    return template


def warnings_of(message: MessageTemplate | None, channel: Channel) -> Sequence[Problem]:
    """What a message may say unmeant; nothing of one that is refused."""
    try:
        return parse_texts(Texts.of(message.model_dump()), channel).warnings if message else ()
    except InvalidInput:
        return ()


def checked_template(
    message: MessageTemplate, channel: Channel, custom: Definitions, *, is_preview: bool = False
) -> Template:
    """The message's template, which may name these custom fields. An email must have a subject, but for a
    preview; nothing else may have one.

    Raises InvalidInput with each problem, its path below "message", line and column.
    """
    faults = Faults()
    with faults.noted():
        if TRAITS[channel].has_subject and message.subject is None and not is_preview:
            raise RequiredInput("An email needs a subject.", path=("message", "subject"))
    with faults.noted():
        if problems := list(problems_of(message, channel)):
            raise InvalidInput.of(problems)
    with faults.noted():
        template = parse_texts(Texts.of(message.model_dump()), channel, names_of(custom))
    faults.check()
    return template
