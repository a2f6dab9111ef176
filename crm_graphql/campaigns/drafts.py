"""The message of a draft, checked."""

from __future__ import annotations

from collections.abc import Sequence

from crm_graphql.campaigns.documents import MessageTemplate
from crm_graphql.campaigns.template import Template, parse
from crm_graphql.campaigns.template_fields import names_of
from crm_graphql.core.channels import TRAITS, Channel
from crm_graphql.core.errors import Faults, InvalidInput, Problem, RequiredInput
from crm_graphql.custom_fields.definitions import Definitions


def warnings_of(message: MessageTemplate | None, channel: Channel) -> Sequence[Problem]:
    """What a message may say unmeant; nothing of one that is refused."""
    try:
        return parse(message.subject, message.body, channel).warnings if message else ()
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
        template = parse(message.subject, message.body, channel, names_of(custom))
    faults.check()
    return template
