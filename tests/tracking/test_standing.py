"""What hits of one delivery come to: people, machines, in whatever order and however often they are told."""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta

import pytest
from bson import ObjectId

from crm_graphql.tracking.hits import Hit, Signs
from crm_graphql.tracking.machines import AgentClass, class_of
from crm_graphql.tracking.standing import KEPT_A_LINK, SEEN_LIMIT, Standing
from crm_graphql.tracking.tokens import Kind, Seen
from tests.tracking.factories import BROWSER, LATER, SENT

CAMPAIGN = ObjectId()


def hit(
    seconds: float,
    *,
    kind: Kind = Kind.CLICK,
    link: int = 0,
    agent: str = BROWSER,
    signs: Signs = Signs.LANGUAGE,
) -> Hit:
    seen = Seen(kind, CAMPAIGN, 0, link)
    return Hit.of(seen, at=SENT + timedelta(seconds=seconds), agent=agent, signs=signs)


def after(*hits: Hit, links: int = 5, delivered_at: datetime | None = SENT) -> Standing:
    return Standing(hits[0].kind, links).after(hits, delivered_at)


@pytest.mark.parametrize(
    ("agent", "class_"),
    [
        (BROWSER, AgentClass.PERSON),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15", AgentClass.PERSON),
        ("Mozilla/5.0", AgentClass.APPLE_PROXY),
        (
            "Mozilla/5.0 (Windows NT 5.1) Firefox/11.0 (via ggpht.com GoogleImageProxy)",
            AgentClass.READERS_PROXY,
        ),
        ("YahooMailProxy; https://help.yahoo.com/kb/", AgentClass.READERS_PROXY),
        ("Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.14326; Pro)", AgentClass.PERSON),
        ("Mozilla/4.0 (compatible; MSIE 7.0; Microsoft Outlook 16.0.4266; ms-office)", AgentClass.PERSON),
        ("MacOutlook/16.80.24010000 (Intelx64 Mac OS X Version 14.2)", AgentClass.PERSON),
        ("Outlook-iOS/709.2226530.prod.iphone (3.24.1)", AgentClass.PERSON),
        ("Mail/3731 CFNetwork/1410 Darwin/22", AgentClass.PERSON),
        ("Mozilla/5.0 (Linux; Android 11; CUBOT NOTE 20) Chrome/120.0 Mobile Safari", AgentClass.PERSON),
        ("Microsoft Office Existence Discovery", AgentClass.SCANNER),
        ("Slackbot-LinkExpanding 1.0", AgentClass.SCANNER),
        ("python-requests/2.31", AgentClass.SCANNER),
        ("curl/8.4.0", AgentClass.SCANNER),
        ("Mozilla/5.0 (compatible; Googlebot/2.1)", AgentClass.SCANNER),
        ("BarracudaCentral", AgentClass.SCANNER),
        ("Mozilla/5.0 HeadlessChrome/120", AgentClass.SCANNER),
        ("", AgentClass.NONE),
        ("  ", AgentClass.NONE),
    ],
)
def test_agents_are_told_apart(agent: str, class_: AgentClass) -> None:
    assert class_of(agent) is class_


def test_a_click_of_a_person_counts_once_however_often_it_is_done() -> None:
    standing = after(hit(60), hit(70), hit(4_000))
    assert standing.counts == {"clicks": 1}
    assert standing.times == 3
    assert standing.human_at == SENT + timedelta(seconds=60)
    assert standing.link_counts == {0: "clicks"}


@pytest.mark.parametrize(
    "machine",
    [
        hit(1),
        hit(-5),
        hit(60, agent="curl/8"),
        hit(60, agent=""),
        hit(60, signs=Signs.NONE),
        hit(60, signs=Signs.LANGUAGE | Signs.PREFETCH),
    ],
)
def test_each_signal_of_a_machine_is_enough_and_a_person_who_follows_moves_it(machine: Hit) -> None:
    assert after(machine).counts == {"machine_clicks": 1}
    both = after(machine, hit(300))
    assert both.counts == {"clicks": 1}
    assert both.human_at == SENT + timedelta(seconds=300)
    assert both.link_counts == {0: "clicks"}


def test_a_click_before_anybody_told_of_the_delivery_is_a_machines() -> None:
    assert after(hit(600), delivered_at=None).counts == {"machine_clicks": 1}


def test_an_open_by_a_readers_proxy_is_a_persons_and_by_apples_a_machines() -> None:
    google = hit(60, kind=Kind.OPEN, agent="Mozilla/5.0 (via ggpht.com GoogleImageProxy)", signs=Signs.NONE)
    assert after(google).counts == {"opens": 1}
    assert after(hit(60, kind=Kind.OPEN, agent="Mozilla/5.0")).counts == {"machine_opens": 1}


def test_all_links_at_once_are_a_machines_and_a_later_click_is_the_persons() -> None:
    burst = [hit(60 + number / 10, link=number) for number in range(4)]
    assert after(*burst).counts == {"machine_clicks": 1}
    assert set(after(*burst).link_counts.values()) == {"machine_clicks"}
    person = after(*burst, hit(300, link=2))
    assert person.counts == {"clicks": 1}
    assert person.link_counts == {0: "machine_clicks", 1: "machine_clicks", 2: "clicks", 3: "machine_clicks"}


def test_two_links_of_many_may_be_opened_at_once_but_not_the_only_two() -> None:
    two = [hit(60, link=0), hit(61, link=1)]
    assert after(*two, links=5).counts == {"clicks": 1}
    assert after(*two, links=2).counts == {"machine_clicks": 1}


def test_a_double_click_is_a_persons() -> None:
    assert after(hit(60), hit(60.2), hit(60.4), links=1).counts == {"clicks": 1}


def test_the_order_in_which_hits_are_told_changes_nothing() -> None:
    hits = [hit(1), hit(60, link=1), hit(60.5, link=2), hit(61, link=0), hit(300, link=2)]
    results = set()
    for order in itertools.permutations(hits):
        standing = Standing(Kind.CLICK, 5)
        for one in order:
            standing = standing.after([one], SENT)
        results.add((standing.human_at, standing.times, tuple(sorted(standing.link_counts.items()))))
    assert len(results) == 1


def test_the_same_hit_twice_is_one() -> None:
    one = hit(60)
    standing = after(one)
    assert standing.after([one, one], SENT) is standing


def test_what_is_stored_says_the_same_again() -> None:
    standing = after(hit(1), hit(60, link=1), hit(300, link=2))
    row = {**standing.stored(), "kind": "CLICK"}
    again = Standing.from_stored(row, 5)
    assert again == standing


def test_a_scanner_without_end_is_a_bounded_row_and_the_person_behind_it_is_found() -> None:
    hits = [hit(number / 1_000, agent="curl/8") for number in range(2_000)]
    standing = after(*hits, hit(300), *(hit(400 + number, agent="curl/8") for number in range(500)))
    assert len(standing.kept) <= KEPT_A_LINK
    assert len(standing.seen) == SEEN_LIMIT
    assert standing.times == 2_501
    assert standing.human_at == LATER
