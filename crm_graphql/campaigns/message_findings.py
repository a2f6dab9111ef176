"""Findings of one message of a campaign, made by reading it: no customer and no file is asked for."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from crm_graphql.campaigns.findings import Finding, FindingCode
from crm_graphql.campaigns.html_links import (
    Address,
    link_fault,
    links_of,
    links_of_text,
    picture_fault,
    pictures_of,
)
from crm_graphql.campaigns.html_source import HtmlSource
from crm_graphql.campaigns.html_way_off import shows_way_off
from crm_graphql.campaigns.message_texts import Texts, path_of
from crm_graphql.campaigns.template import Rendered, Template
from crm_graphql.campaigns.template_fields import LINKS
from crm_graphql.campaigns.template_text import UnknownValue
from crm_graphql.campaigns.template_warnings import DoubtKind, Warned
from crm_graphql.core.channels import TRAITS, Channel
from crm_graphql.core.errors import ErrorCode, Problem
from crm_graphql.core.sms_segments import segments_of

EACH_LIMIT = 20
"""So many findings of a kind are told of a text."""
SHOWN_CHARACTERS = 10
"""Of those that make an SMS dearer."""
SMS_CHARACTERS = 1_600
"""Of one message, however many segments that are."""
CLIPPED_BYTES = 102 * 1024
"""Of a message that is longer Gmail shows the beginning."""

_OWN_ROOTS = ("customer", "campaign")
# What other tools write within the braces of Liquid: Handlebars, Mustache, Go's and Braze's signs, names of
# several words, functions, texts behind a name; and tags that they alone have.
_OTHER_TOOLS = re.compile(
    r"\{\{\{|\{\{[-~]?\s?[#/>^&!$@*~]|\{\{-?\s?\.\w|\{\{-?\s?\.\./|\{\{[^{}]{0,80}\$\{|\{\{\s?else\s?\}\}"
    r"|\{\{\s?(?!customer\.|campaign\.)[^\W\d][\w.]*(?: [\w.]+)+\s?[}:]|\{\{\s?[^\W\d]\w*(?:[.:]\w*)*:"
    r"|\{\{\s?[^\W\d]\w*(?:\(|(?: [\w.]+)* [\"'])"
    r"|\{%-?\s?(?:\w*unsub\w*|manage_\w+|web_?view|view_in_browser\w*|connected_content)\b"
    r"|\{%-?\s?(?:set|block|extends|include_\w+|load|with|macro|import|now|url|trans)\b"
)
_DOUBTS = {
    DoubtKind.PLACEHOLDER: FindingCode.FOREIGN_PLACEHOLDER,
    DoubtKind.DATE_PATTERN: FindingCode.DATE_PATTERN,
}


def findings_of_problems(problems: Iterable[Problem], texts: Texts) -> Iterator[Finding]:
    """What keeps a message from being launched, told apart."""
    for problem in problems:
        yield Finding(_code_of(problem, texts), problem.message, problem.path, is_blocking=True)


def _code_of(problem: Problem, texts: Texts) -> FindingCode:
    if isinstance(problem, UnknownValue):
        # contact.FIRSTNAME is another tool's, customer.nmae a slip.
        is_own = problem.name.partition(".")[0] in _OWN_ROOTS
        return FindingCode.VALUE_UNKNOWN if is_own else FindingCode.FOREIGN_PLACEHOLDER
    if problem.path == ("message", "subject") and problem.code is ErrorCode.REQUIRED:
        return FindingCode.SUBJECT_MISSING
    if problem.path == ("message", "body") and problem.code is ErrorCode.REQUIRED:
        return FindingCode.MESSAGE_MISSING
    text = getattr(texts, problem.path[-1], None) if len(problem.path) == 2 else None
    if isinstance(text, str) and problem.line:
        line = text.split("\n")[problem.line - 1]
        if _OTHER_TOOLS.search(line):
            return FindingCode.FOREIGN_PLACEHOLDER
    return FindingCode.MESSAGE_INVALID


def findings_of_template(template: Template, texts: Texts, rendered: Rendered | None) -> Iterator[Finding]:
    """What may be overlooked in a message that can be launched; `rendered` is it for somebody."""
    in_html = {one.message for one in template.warnings if one.path == path_of("html")}
    for warning in template.warnings:
        assert isinstance(warning, Warned)
        # A body is mostly made from the HTML: there it is to be mended.
        if warning.path != path_of("body") or warning.message not in in_html:
            yield Finding(_DOUBTS[warning.kind], warning.message, warning.path)
    html = texts.html if texts.html is not None else (texts.body if template.html else None)
    path = ("message", "html" if texts.html is not None else "body")
    source = None if html is None else HtmlSource.of(html)
    yield from _without_unsubscribing(template, source, path)
    if source is not None:
        yield from islice(_faulty(links_of(source), path), EACH_LIMIT)
        yield from islice(_faulty(pictures_of(source), path, are_pictures=True), EACH_LIMIT)
    elif texts.body:
        yield from islice(_faulty(links_of_text(HtmlSource.of(texts.body)), path), EACH_LIMIT)
    size = len(((rendered and rendered.html) or "").encode())
    if size > CLIPPED_BYTES:
        text = f"The HTML has {size // 1024} KB; of more than 102 KB Gmail shows the beginning only."
        yield Finding(FindingCode.HTML_CLIPPED, text, path)
    if template.channel is Channel.SMS and rendered is not None:
        yield from _segments(rendered.body)


def _segments(text: str) -> Iterator[Finding]:
    found = segments_of(text)
    if found.count <= 1:
        return
    words = f"The message is charged as {found.count} SMS"
    plain = text.translate({ord(one): "x" for one in found.forcing})
    if found.forcing and (cheaper := segments_of(plain).count) < found.count:
        shown = " ".join(map(_seen, found.forcing[:SHOWN_CHARACTERS]))
        words += f"; without these characters it would be {cheaper}: {shown}"
    if len(text) > SMS_CHARACTERS:
        words += f". It has {len(text):,} characters, and no more than {SMS_CHARACTERS:,} are taken by Twilio"
    yield Finding(FindingCode.SMS_SEGMENTS, f"{words}.", ("message", "body"))


def _seen(character: str) -> str:
    """The character; its name where it shows nothing: a space that does not break, a joiner."""
    if unicodedata.category(character)[0] in "LNPS":
        return character
    return unicodedata.name(character, f"U+{ord(character):04X}")


def _without_unsubscribing(
    template: Template, source: HtmlSource | None, path: tuple[str, ...]
) -> Iterator[Finding]:
    if not TRAITS[template.channel].takes_html:
        return
    if not LINKS & template.fields_by_path.get(path, frozenset()):
        text = "Nothing in the message takes people off. Write a link to {{ unsubscribe_url }} into it."
        yield Finding(FindingCode.UNSUBSCRIBE_MISSING, text, path)
    elif source is not None and not shows_way_off(source):
        text = "The link to {{ unsubscribe_url }} is hidden, in a comment, or empty: nobody can follow it."
        yield Finding(FindingCode.UNSUBSCRIBE_MISSING, text, path)


def _faulty(
    addresses: Iterable[Address], path: tuple[str, ...], *, are_pictures: bool = False
) -> Iterator[Finding]:
    code = FindingCode.PICTURE_NOT_PUBLIC if are_pictures else FindingCode.LINK_INVALID
    what, fault_of = ("picture", picture_fault) if are_pictures else ("link", link_fault)
    seen: set[str] = set()
    for address in addresses:
        fault = None if address.fixed in seen else fault_of(address)
        seen.add(address.fixed)
        if fault is not None:
            shown = f' "{address.shown}"' if address.shown else ""
            yield Finding(code, f"A {what}{shown} {fault}.", path)


def published_pictures(texts: Texts) -> Sequence[Address]:
    """The pictures of an email, for whoever knows which files are published."""
    html = texts.html or texts.body or ""
    return list(pictures_of(HtmlSource.of(html)))
