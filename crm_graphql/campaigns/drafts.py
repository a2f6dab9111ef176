"""What a draft must be: its name and its message, checked."""

from __future__ import annotations

from crm_graphql.campaigns.documents import Channel, Message
from crm_graphql.campaigns.template import Template, parse
from crm_graphql.core.errors import ErrorCode, InvalidInput, Problem, RequiredInput
from crm_graphql.core.texts import is_storable

NAME_LIMIT = 200


def checked_name(name: str) -> str:
    """The name, trimmed. Raises RequiredInput or InvalidInput."""
    trimmed = name.strip()
    if not trimmed:
        raise RequiredInput("A campaign needs a name.", path=("name",))
    if len(trimmed) > NAME_LIMIT:
        raise InvalidInput(f"A name has at most {NAME_LIMIT} characters.", path=("name",))
    if not is_storable(trimmed):
        raise InvalidInput("The name holds characters that are no text.", path=("name",))
    return trimmed


def checked_template(message: Message, channel: Channel, *, is_preview: bool = False) -> Template:
    """The message's template. An email must have a subject, but for a preview; nothing else may have one.

    Raises InvalidInput with each problem, its path below "message", line and column.
    """
    template = parse(message.subject, message.body, channel)
    if channel is Channel.EMAIL and message.subject is None and not is_preview:
        raise InvalidInput.of(
            [Problem(ErrorCode.REQUIRED, "An email needs a subject.", ("message", "subject"))]
        )
    return template
