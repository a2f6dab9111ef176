"""A person's message with tracked links: the last step before it goes out, a pure function."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from crm_graphql.core.html_attributes import attribute_value
from crm_graphql.tracking.links import BARE, LinkTable, href_spans, table_of, without_sentence_end
from crm_graphql.tracking.tokens import Signer


def tracked(
    html: str | None, body: str | None, campaign: Mapping[str, Any], row: Mapping[str, Any], signer: Signer
) -> tuple[str | None, str | None]:
    """A rendered message as HTML and as plain text, with its links tracked and the picture that tells of
    opens, as far as the campaign tracks them and the person is to be tracked.

    The same message and row always give the same bytes. What is not one of the campaign's frozen links stays
    as it is.
    """
    if row.get("is_tracked") is False:
        return html, body
    number: int = row["number"]
    if campaign.get("tracks_clicks") and (urls := campaign.get("links")):
        table = table_of(tuple(urls))
        html = html and _with_links(html, number, table, signer)
        body = body and _with_bare_links(body, number, table, signer)
    if html and campaign.get("tracks_opens"):
        html = _with_picture(html, signer.open_url(number))
    return html, body


def _with_links(text: str, number: int, table: LinkTable, signer: Signer) -> str:
    pieces: list[str] = []
    done = 0
    for start, end in href_spans(text):
        found = table.find(attribute_value(text[start:end]).strip())
        if found is not None:
            pieces += text[done:start], signer.click_url(number, *found)
            done = end
    return "".join([*pieces, text[done:]])


def _with_bare_links(text: str, number: int, table: LinkTable, signer: Signer) -> str:
    def replaced(match: re.Match[str]) -> str:
        url = without_sentence_end(match[0])
        found = table.find(url)
        return match[0] if found is None else signer.click_url(number, *found) + match[0][len(url) :]

    return BARE.sub(replaced, text)


def _with_picture(text: str, url: str) -> str:
    """Last in the body, so that what people came for is loaded before it."""
    picture = f'<img src="{url}" width="1" height="1" alt="" style="display:block;border:0">'
    end = max(text.rfind("</body"), text.rfind("</BODY"))
    place = len(text) if end < 0 else end
    return f"{text[:place]}{picture}{text[place:]}"
