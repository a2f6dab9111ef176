"""The rules of a message's fields that are no templates: which channel has them, and what they may hold."""

from __future__ import annotations

import re
from collections.abc import Iterator

from crm_graphql.campaigns.documents import MessageTemplate, WhatsappMessage
from crm_graphql.core.channels import TRAITS, Channel
from crm_graphql.core.emails import NotAnEmail
from crm_graphql.core.errors import ErrorCode, Problem
from crm_graphql.core.senders import NotASenderName, check_sender_name, checked_reply_to
from crm_graphql.core.texts import is_one_line

PARAMETERS_LIMIT = 50
PARAMETER_NAME_LIMIT = 100

_TEMPLATE = re.compile(r"[a-z0-9_]{1,512}", re.ASCII)
_LANGUAGE = re.compile(r"[a-z]{2,3}(_[A-Z]{2})?", re.ASCII)


def problems_of(message: MessageTemplate, channel: Channel) -> Iterator[Problem]:
    """What is wrong with the sender's name, the address for answers and WhatsApp's template."""
    for field, path in (("from_name", "fromName"), ("reply_to", "replyTo")):
        if getattr(message, field) is not None and not TRAITS[channel].has_subject:
            yield _problem(f"Only an email has a {path}. Leave it out.", path)
    if message.from_name is not None and TRAITS[channel].has_subject:
        try:
            check_sender_name(message.from_name)
        except NotASenderName as error:
            yield _problem(f"fromName {error}", "fromName", code=error.code)
    if message.reply_to is not None and TRAITS[channel].has_subject:
        try:
            checked_reply_to(message.reply_to)
        except NotAnEmail as error:
            yield _problem(f"replyTo {error}", "replyTo")
    if message.whatsapp is None:
        return
    if channel is not Channel.WHATSAPP:
        yield _problem("Only a message by WhatsApp has one of its templates. Leave it out.", "whatsapp")
        return
    yield from _problems_of_whatsapp(message.whatsapp)


def _problems_of_whatsapp(whatsapp: WhatsappMessage) -> Iterator[Problem]:
    if not _TEMPLATE.fullmatch(whatsapp.template):
        text = "A template's name has 1 to 512 small letters, digits and underscores."
        yield _problem(text, "whatsapp", "template")
    if not _LANGUAGE.fullmatch(whatsapp.language):
        text = "A template's language is a code like en or pt_BR, as WhatsApp shows it beside the template."
        yield _problem(text, "whatsapp", "language")
    if len(whatsapp.parameters) > PARAMETERS_LIMIT:
        text = f"A template has at most {PARAMETERS_LIMIT} parameters."
        yield _problem(text, "whatsapp", "parameters", code=ErrorCode.LIMIT_EXCEEDED)
        return
    seen: set[str] = set()
    for number, parameter in enumerate(whatsapp.parameters):
        path = ("whatsapp", "parameters", str(number), "name")
        if not parameter.name.strip() or len(parameter.name) > PARAMETER_NAME_LIMIT:
            text = f"The name of a parameter has 1 to {PARAMETER_NAME_LIMIT} characters."
            yield _problem(text, *path)
        elif not is_one_line(parameter.name):
            yield _problem("The name of a parameter is one line of text.", *path)
        elif parameter.name in seen:
            yield _problem(f'There are two parameters "{parameter.name}".', *path)
        seen.add(parameter.name)


def _problem(text: str, *path: str, code: ErrorCode = ErrorCode.INVALID) -> Problem:
    return Problem(code, text, ("message", *path))
