"""Subjects: the people, and what is asked about them."""

from __future__ import annotations

from typing import Any

from crm_graphql.assistant.reading.atoms import Kind, Topic

SUBJECTS: tuple[tuple[Kind, Any, str], ...] = (
    (
        Kind.PEOPLE,
        None,
        """
        customer|customers|people|person|persons|users|user|clients|client|folks|members|member|guys|
        contacts|contact|consumers|consumer|patrons|individuals|humans|audience|subscribers|subscriber|
        accounts|account|profiles|profile|costumer|costumers|recipients|recipient|gang|peeps|customer's|
        customers'|customer list|contact list|cohort|crowd|ppl|cust|custs""",
    ),
    (
        Kind.PEOPLE,
        Topic.VISIT,
        """
        shopper|shoppers|buyer|buyers|visitor|visitors|purchaser|purchasers|guests|guest|shopper's|
        orderers|returners""",
    ),
    (Kind.PEOPLE, Topic.SPEND, "spender|spenders|payers"),
    (
        Kind.TOPIC,
        Topic.SPEND,
        """
        spent|spend|spends|spending|have spent|spended|paid|pays|pay|total spend|total spent|
        total spending|spend total|amount spent|spent in total|spent a total of|spend a total of|
        shelled out|splashed|splashed out|forked out|lifetime spend|lifetime value|ltv|clv|cltv|
        customer lifetime value|worth|revenue|total purchases worth|purchases totalling|
        purchases totaling|orders totalling|orders totaling|purchase total|order total|cumulative spend|
        purchases of|purchases worth|bought goods worth|bought for|shopped for|purchased for|
        purchase value|total purchase value|total value|spend amount|total revenue|sales value|spendings|
        totalspend|total order value|sales|in purchases|in spend|in sales|in spending|in revenue|
        in orders|of spend|of spending|blown|blew|invested|expenditure|total expenditure|outlay|billing|
        total billing|business worth|shopped worth|made purchases worth|bought worth|orders worth|
        monetary value|overall spend""",
    ),
    (
        Kind.TOPIC,
        Topic.VISIT,
        """
        visited|visit us|came|came in|come|come in|shopped|shop|shops|shopping|bought|buy|buys|buying|
        purchased|purchase|purchases something|made a purchase|made any purchase|made purchases|
        make a purchase|made an order|made any purchases|placed an order|placed any order|placed orders|
        placed any orders|place an order|ordered|ordering|seen|been seen|been in|been around|dropped in|
        dropped by|stopped by|popped in|transacted|transaction|transacted with us|turned up|showed up|
        been to see us|came by|come by|been to us|visiting|purchasing|stepped in|walked in|heard from|
        hear from|set foot|shown up|bought anything|bought something|purchased anything|
        purchased something|ordered anything|ordered something|done business|did business|stop by|drop in|
        drop by|shown their face|activity|been active|checked out|interacted|popped by|seen or heard from|
        patronised|patronized|buy anything|buy something|made a transaction|made a visit|paid a visit|
        paid us a visit|been by|swung by""",
    ),
    (
        Kind.TOPIC,
        Topic.COUNT,
        """
        visits|visit|visit count|visitcount|number of visits|purchases|orders|order|number of orders|
        number of purchases|order count|purchase count|transactions|number of transactions|visits made|
        purchases made|shopping trips|trips|total visits|total orders|bookings|visit frequency|
        orders placed|orders made|visits in total|purchase frequency|times visited|how often""",
    ),
    (
        Kind.TOPIC,
        Topic.LAST,
        """
        last visit|last visited|last seen|last purchase|last purchased|last order|last ordered|
        last bought|last shopped|last came|last came in|last transaction|most recent visit|
        most recent purchase|most recent order|latest visit|latest purchase|latest order|
last activity|last active|lastvisitat|
        last visit date|recency|last time seen|last transacted|last heard from|final visit|
last shopping trip|date of last visit|last interaction|visited last|
        previous visit|previous purchase|last visiting|last in|been last seen|last appeared""",
    ),
    (
        Kind.TOPIC,
        Topic.FIRST,
        """
        first visit|first visited|first seen|first purchase|first purchased|first order|
        first ordered|first bought|first shopped|first came|first transaction|
firstvisitat|first visit date|earliest visit|
        earliest purchase|first seen at|initial purchase|initial visit|first time seen|
        date of first visit|began shopping|began buying|first started|came first|started shopping|
        started buying|started shopping with us|first came in|first transacted|
        made their first purchase|made their first visit|made their first order|
        placed their first order|first appeared|acquired|joined|joined us|signed up|
        sign up|signup|registered|became customers|became a customer|became our customer|onboarded|
        become customers|become a customer|been customers|been a customer|been with us|
        been our customers|started with us|have been customers|been buying|been shopping""",
    ),
    (
        Kind.TOPIC,
        Topic.RETURN,
        """
        came back|come back|returned|return|returning|been back|revisited|back again|come again|
        came again|bought again|purchased again|ordered again|visited again|shopped again|repurchased|
        reordered|comeback|coming back""",
    ),
)
