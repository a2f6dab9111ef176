"""Traits: words that say how customers are, and no number."""

from __future__ import annotations

from collections.abc import Mapping

TRAITS: Mapping[str, str] = {
    "high spender": """
        sabse zyada kharch karne wale|sabse zyada kharch|high spender|high spenders|big spender|
        big spenders|top spender|top spenders|heavy spender|heavy spenders|biggest spenders|
        highest spenders|highest spending|high spending|big spending|top spending|high value|high-value|
        high rollers|high roller|whales|whale|spend a lot|spent a lot|spending a lot|large spenders|
        largest spenders|premium spenders|spent the most|spend the most|most valuable|valuable|
        best spenders|deep pockets|spend big|spent big|heavy spending|big ticket|spend heavily|
        spent heavily|big buyers|greatest spenders|high spend|spend most|spent most|high paying|
        well paying|spendy|generous spenders|highest paying|spend loads|spent loads|spend lots|spent lots|
        lots of spend|high ltv|high lifetime value|splurgers|extravagant""",
    "low spender": """
        kam kharch karne wale|sabse kam kharch karne wale|low spender|low spenders|small spender|
        small spenders|low spending|low value|low-value|light spenders|lowest spenders|spend little|
        spent little|bottom spenders|smallest spenders|lowest spending|barely spent|barely spend|
        hardly spent|spent very little|spend very little|low spend|minor spenders""",
    "loyal": """
        loyal|frequent|regular|regulars|frequent visitors|frequent shoppers|frequent buyers|
        regular shoppers|regular buyers|regular visitors|often visit|visit often|visited often|shop often|
        come often|buy often|shops often|most loyal|loyalists|faithful|devoted|heavy users|
        frequently visit|visit frequently|shop frequently|shop regularly|visit regularly|buy frequently|
        buy regularly|come regularly|come frequently|most frequent|visit a lot|visited a lot|shop a lot|
        buy a lot|come a lot|often shop|often buy|often come|habitual|visited frequently|shopped often|
        shopped frequently|bought often|die hard|diehard|most visits|highly loyal|committed|
        visited the most|visit the most|order often|order frequently|order a lot|order regularly|
        ordered often""",
    "occasional": """
        occasional|infrequent|rare visitors|rarely visit|rarely shop|seldom visit|seldom shop|
        occasionally shop|sporadic|rarely come|rarely buy|seldom buy|seldom come|casual""",
    "lapsing": """
        at risk|at-risk|churning|at risk of churning|about to churn|likely to churn|slipping|
        slipping away|slipping through|drifting away|drifting|risk of churning|churn risk|
        at risk of churn|risking churn|close to churning|on the verge of churning|in danger of churning|
        at risk of leaving|we might lose|we may lose|might churn|may churn|could churn|we are losing|
        we're losing|going cold|cooling off|at risk of lapsing|about to lapse|fading|losing interest|
        might leave|about to leave|likely to leave""",
    "inactive": """
        gayab|gumshuda|inactive|unseen|dormant|lapsed|churned|silent|quiet|gone quiet|gone silent|
        gone cold|went quiet|cold|asleep|sleeping|disengaged|idle|gone dark|absent|lost|stopped coming|
        stopped shopping|stopped buying|gone missing|stopped visiting|stopped ordering|stopped purchasing|
        disappeared|vanished|gone away|away|unengaged|gone dormant|been away|been gone|been inactive|
        been silent|been quiet|been dormant|been absent|not active|fell silent|fallen silent|fallen off|
        fell off|dropped off|gone inactive|went inactive|went silent|defected|sleepers|sleeper|
        gone off the radar|off the radar|mia|drifted away|drifted off|no activity|no longer active|
        no longer visit|no longer shop|no longer buy|no longer come|no longer order|no longer visiting|
        no longer shopping|no longer buying|no longer coming|no longer visits|no longer shops|
        no longer buys|stopped purchasing from us""",
    "while": """
        in a while|for a while|lately|recently|of late|in a long time|for a long time|in ages|for ages|
        in some time|for some time|in a long while|for a long while|in quite a while|in forever|in yonks|
        anymore|any more|any longer|in quite some time|for quite some time|for quite a while|a while ago|
        long ago|a long time ago|ages ago|some time ago|a good while|in a good while|this while""",
    "recent": """
        recent|recently active|most recent|newly active|recent shoppers|recent buyers|recent visitors|
        recent customers""",
    "active": "active|engaged|currently active|still active",
    "new": """
        naye|naya|nayi|new|brand new|newest|newly acquired|newcomers|newcomer|newbies|newbie|newly joined|
        fresh|first timers this""",
    "old": """
        purane|purana|purani|long standing|longstanding|long-time|longtime|long term|oldest|old|long-term|
        veteran|veterans""",
    "one time": """
        first time|first-time|first timers|first timer|one off|one-off|one timers|one timer|
        single purchase|one visit wonders|one hit wonders|single-purchase|bought just once|one-timers|
        once only|one and done""",
    "repeat": """
        repeat|returning|recurring|repeated|repeating|multi purchase|multi-purchase|multi visit|
        multi buyers|repeaters""",
    "reachable": """
        reachable|contactable|can be reached|can be contacted|we can reach|we can contact""",
    "either way": """
        we can email or call|we can call or email|reachable by email or phone|reachable by phone or email|
        we can email or text|we can text or email|contactable by email or phone|
        can be reached by email or phone""",
    "both ways": """
        we can email and call|we can call and email|reachable by email and phone|
        reachable by phone and email|reachable by both email and phone|contactable by email and phone|
        we can email and text""",
    "email": """
        we can email|emailable|can be emailed|reachable by email|reachable via email|reachable on email|
        can email|mailable|contactable by email|we can e-mail|can be reached by email|
        we can reach by email|contactable via email|we can mail|we could email|we're able to email|
        we are able to email|can be reached via email|e-mailable|can be contacted by email|
        we can contact by email|we can send email to|we can send emails to|we can reach via email""",
    "phone": """
        we can call|we can text|we can phone|we can sms|we can whatsapp|callable|can be called|
        can be texted|can call|can text|reachable by phone|reachable via phone|reachable by sms|
        reachable on whatsapp|reachable via sms|can be phoned|reachable by whatsapp|
        reachable via whatsapp|contactable by phone|can be reached by phone|we can ring|textable|
        can be contacted by phone|we can reach by phone|we can message|we can reach by sms|
        we can reach on whatsapp|contactable by sms|contactable via phone|can be reached on whatsapp|
        can be reached by sms|reachable on phone|reachable by text""",
    "untagged": "untagged|unlabelled|unlabeled",
    "domain": "gmail|yahoo|hotmail|outlook|icloud|googlemail|protonmail",
    "best": """
        best|top|greatest|favourite|favorite|ideal|important|key|most important|good|great|premium|elite|
        worst|bad|vital|special|significant|superstar|strongest|finest|star|hottest|hot|promising|
        interesting""",
}
"""Words by the name of their reading, which `adjectives` states."""
