"""Machines that look and click before people do: what gives one hit away by itself.

Scanners of mail gateways follow links within seconds of the delivery, mail clients of some makers load
pictures ahead of their readers, crawlers name themselves. What several hits give away together is
`standing.py`'s.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from enum import Enum

from crawlerdetect import CrawlerDetect

from crm_graphql.tracking.hits import Hit, Signs
from crm_graphql.tracking.tokens import Kind

TOO_SOON = timedelta(seconds=2)
"""Nobody reads a message and clicks sooner after its delivery."""

_READERS_PROXIES = re.compile(r"GoogleImageProxy|YahooMailProxy|YahooCacheSystem")
_APPLE = "Mozilla/5.0"
# Crawlers to a web site, so the lists say; here it is these in which people read.
_MAIL_PROGRAMS = re.compile(
    r"Microsoft Outlook|MacOutlook/|Outlook-(?:iOS|Android|Express)|\bms-office\b|Airmail|\bMail/\d",
    re.IGNORECASE,
)
_GATEWAYS = re.compile(
    r"barracuda|proofpoint|mimecast|ironport|fireeye|trendmicro|sophos|forcepoint|messagelabs|symantec"
    r"|spamexperts|safelinks|linkscan|urldefense|headlesschrome|phantomjs|preview"
    # Telephones are made by Cubot.
    r"|(?<!\bcu)bot\b",
    re.IGNORECASE,
)
_crawlers = CrawlerDetect()


class AgentClass(Enum):
    """What a user agent says that it is."""

    PERSON = "PERSON"
    READERS_PROXY = "READERS_PROXY"
    """Loads a picture when its reader looks, and keeps it for the next looks."""
    APPLE_PROXY = "APPLE_PROXY"
    """Apple's Mail Privacy Protection: loads all pictures, whoever looks."""
    SCANNER = "SCANNER"
    NONE = "NONE"


class Reason(Enum):
    """Why a hit is a machine's."""

    SCANNER = "SCANNER"
    APPLE_PROXY = "APPLE_PROXY"
    NO_AGENT = "NO_AGENT"
    NO_LANGUAGE = "NO_LANGUAGE"
    PREFETCH = "PREFETCH"
    TOO_SOON = "TOO_SOON"


@functools.lru_cache(maxsize=4_096)
def class_of(agent: str) -> AgentClass:
    """The class of a user agent; the lists are crawlerdetect's, and mail gateways that it does not know."""
    if not agent.strip():
        return AgentClass.NONE
    if _READERS_PROXIES.search(agent):
        return AgentClass.READERS_PROXY
    if agent == _APPLE:
        return AgentClass.APPLE_PROXY
    if _GATEWAYS.search(agent):
        return AgentClass.SCANNER
    is_person = _MAIL_PROGRAMS.search(agent) or not _crawlers.isCrawler(agent)
    return AgentClass.PERSON if is_person else AgentClass.SCANNER


def reasons_against(hit: Hit, delivered_at: datetime | None) -> Iterator[Reason]:
    """Why it is no person's; `delivered_at` is None where nobody told yet that the message went out."""
    match class_of(hit.agent):
        case AgentClass.SCANNER:
            yield Reason.SCANNER
        case AgentClass.NONE:
            yield Reason.NO_AGENT
        case AgentClass.APPLE_PROXY if hit.kind is Kind.OPEN:
            yield Reason.APPLE_PROXY
        case _:
            pass
    if Signs.PREFETCH in hit.signs:
        yield Reason.PREFETCH
    if hit.kind is Kind.CLICK and Signs.LANGUAGE not in hit.signs:
        yield Reason.NO_LANGUAGE
    if delivered_at is None or hit.at < delivered_at + TOO_SOON:
        yield Reason.TOO_SOON
