"""Refusals: requests that are instructions, pry for secrets, or ask for what nobody may be chosen by."""

from __future__ import annotations

import re

from crm_graphql.assistant.reading.atoms import Refused
from crm_graphql.assistant.reading.words import fold

_INSTRUCTION = r"""
    (?:ignor|disregard|forget|overrid|bypass|neglect|skip)\w*\s+(?:\S+\s+){0,4}?(?:instruction|prompt
    |rule|guideline|polic| restriction|safeguard|filter|above|previous|prior|everything|what\s+(?:i
    |you|we)|constraint|order\s+you|context|command|direction|check|limit|permission)| \b(?:system
    |developer|hidden|initial|secret)\s+(?:prompt|message|instruction)| \byou\s+are\s+(?:now|an?\b
    |no\s+longer)|\byou're\s+now|\bact\s+as\b|\bpretend\b|\brole\s*-?play| \bpretending\b
    |\bfrom\s+now\s+on\b|\bnew\s+instructions?\b|\bas\s+an?\s+(?:ai|admin|assistant|system)\b
    | \b(?:admin|developer|debug|god|sudo|root|maintenance|dan|unrestricted|jailbreak)\s+mode\b
    |\bjailbreak|\bsudo\b| ^\s*(?:system|assistant|user|admin|developer)\s*:| [.\n;]\s*(?:system
    |assistant|admin)\s*:| \b(?:reveal|print|output|dump|exfiltrate|leak|echo|expose)\b
    |\brepeat\s+(?:the|your|after|everything|all|back|this|that|what)\b| \b(?:your|the)\s+(?:prompt
    |instructions|configuration|settings|source\s+code|environment)\b| \bend\s+of\s+(?:prompt
    |instructions|system|input)\b| \[/?inst\]| <\|?\w+\|?>| \bprompt\s+injection
"""
_CONFIDENTIAL = r"""
    \bpass\s*-?words?\b|\bpasswd\b|\bapi\s*-?_?keys?\b|\bcredit\s+cards?\b|\bcard\s+numbers?\b|\bcvv\b
    |\bsecrets?\b| \bcredentials?\b|\baccess\s+tokens?\b|\btokens?\b|\bprivate\s+keys?\b|\bssn\b
    |\bsocial\s+security\b|\benv(?:ironment)?\s+var| \bpassword_?hash|\bbank\s+(?:account|details)
    |\bpin\s+(?:code|number)s?\b|\botp\b|\baadhaar\b|\bpan\s+card| \bhash(?:es)?\b
    |\bconnection\s+string|\betc/passwd|\b\.env\b
"""
_CODE = r"""
    \bdrop\s+(?:table|database|collection|index)|\bdelete\s+from\b|\binsert\s+into\b
    |\bunion\s+(?:all\s+)?select\b
    |\bselect\s+[\w.,\s]{1,60}\sfrom\s+(?:customers?|users?|orders?|accounts?|campaigns?|
    information_schema|\w+\s*;)|\bselect\s+\*|\bupdate\s+\w+\s+set\b
    |\btruncate\b|\balter\s+table\b|\bexec(?:ute)?\b| \bor\s+'?1'?\s*=\s*'?1|;\s*--|--\s*$|/\*
    |<\s*/?\s*(?:script|img|iframe|svg|style|html|a)\b|javascript\s*:| \$(?:where|gt|gte|lt|ne|regex
    |expr|function|lookup|or|and|in)\b|\{\{|\{%|\$\{|\bdb\.\w+|\bimport\s+(?:os|sys)\b|__\w+__
    | \beval\s*\(|\bdef\s+\w+\s*\(|\bfunction\s*\(|=>\s*\{|\brm\s+-rf|\bcurl\s|\bwget\s|https?://|```
    |\bmutation\b|\bquery\s*\{|\blambda\b|\\x[0-9a-f]{2}| [\[{]\s*["{\[]| %00|%27|\.\./
"""
_DEED = r"""
    \b(?:delete|remove|erase|wipe|purge|drop|destroy|export|download|launch|schedule|cancel|refund
    |charge|grant|promote| reset|disable|unsubscribe|anonymi[sz]e|deactivate|overwrite|upload|install
    |shut\s*down|restart|archive)\s+ (?:all|every|everyone|everybody|the|my|our|these|those|their|this
    |any|a|an|it|them|customers?|campaigns?|me|data|table|users?|orders?)\b| \b(?:make|give|grant
    |set)\s+(?:me|yourself|my\s+(?:role|account)|user)\s+(?:an?\s+|the\s+|to\s+)?(?:admin|owner|access
    |super|root|permission)| \bset\s+(?:the\s+|this\s+)?(?:audience|rule|role|permission|limit|budget)
    | \b(?:return|give\s+me|list|show(?:\s+me)?|send\s+me|tell\s+me|get\s+me|read\s+out
    |write\s+down)\s+(?:\w+'?s?\s+){0,3}?(?:\w+'s|customers'|their|his|her)\s+ (?:e-?mails?|addresses
    |address|phones?|names?|phone\s+numbers?|numbers|data|details|email\s+addresses)| \b(?:change
    |modify|edit|update|increase|decrease|alter)\s+(?:the|all|every|my|our|their|a|this)\b
    | \bwithout\s+(?:approval|permission|review|asking|confirmation|consent\s+check)
"""
_SENSITIVE = r"""
    hindus?|muslims?|islam(?:ic)?|moslems?|christians?|catholics?|protestants?|jews?|jewish|buddhists?
    |sikhs?|jains?|atheists?|religio(?:n|us|ns)| castes?|dalits?|brahmins?|ethnic(?:ity|ities)?
    |rac(?:e|es|ial)|black\s+(?:people|customers|women|men|folks)|white\s+(?:people|customers|women
    |men|folks)| asian\s+(?:people|customers)|caucasians?|latinos?|hispanics?|gays?|lesbians?
    |bisexuals?|transgenders?|lgbtq?\+?|queer|homosexuals?|heterosexuals?|straight\s+(?:people|men
    |women)| sexual(?:\s+orientation|ity)?|pregnan(?:t|cy)|disab(?:led|ility|ilities)|hiv|cancer
    |diabet(?:ic|ics|es)|depress(?:ed|ion)|mentally|illness(?:es)?|patients?\s+with| politic(?:al|s)
    |democrats?|republicans?|conservatives?|liberals?|communists?|socialists?|trade\s+union(?:ists?
    |s)?|bjp|labour\s+voters|voters?| criminal(?:s)?|convicts?|immigrants?|refugees?|undocumented
    |obese|overweight|alcoholics?|addicts?|zodiac|skin\s+colou?r| (?:upper|lower)\s+castes?|obc
    |genetic|biometric|mormons?|pagans?|orthodox|evangelicals?|parsis?|zoroastrians?
"""
_ELSEWHERE = r"""
    \bweather\b|\bjokes?\b|\bpoem\b|\brecipe\b|\bstock\s+price|\btranslate\b|\bcapital\s+of\b
    |\bmeaning\s+of\b|\bwho\s+(?:won|invented|wrote)\b| \bwhat(?:'s|\s+is|\s+are)\s+(?:the\s+)?(?:time
    |date|news|best\s+time|point|difference|meaning|capital|price|answer|square|sum|your)\b
    | \bhow\s+(?:do|does|can|should|would|did|are|old|tall|far|long\s+does)\s+(?:i|you|we|it|one)?\b
    |\bwhy\s+(?:is|are|do|does|did|can't|not)\b| \bwrite\s+(?:me\s+)?(?:a|an|some)\b|\bsing\b
    |\btell\s+me\s+(?:a|about|why|how)\b|\bcan\s+you\s+help\b|\bwhat\s+can\s+you\b|\bhow\s+are\s+you\b
    | \bplay\b|\bsolve\b|\bcalculate\b|\bexplain\b|\bsummari[sz]e\b|\bsubject\s+line\b|\bslogan\b
    |\bdraft\b|\bbook\s+(?:a|me)\b|\bremind\s+me\b|^\s*[\d\s.+*/()=-]+\??\s*$| \bwhat\s+(?:should|do
    |does|happened|time)\b|\bfootball\b|\bcricket\s+score|\bwho\s+are\s+you\b|\bgood\s+(?:morning
    |evening|night)\b|\blorem\s+ipsum\b
"""


def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.VERBOSE | re.IGNORECASE)


_REASONS = (
    (_compiled(_INSTRUCTION), "This asks for something else than an audience, so nothing was done."),
    (_compiled(_CONFIDENTIAL), "Secrets are no part of an audience, and none are told."),
    (_compiled(_CODE), "This is code and not a request in words, so nothing was done."),
    (_compiled(_DEED), "Only an audience can be asked for here: nothing is changed, sent or handed out."),
    (_compiled(_ELSEWHERE), "No audience is asked for here. Say which customers are meant."),
)
_TRAITS = _compiled(rf"\b(?:{_SENSITIVE})\b")
_TRAIT = "Nobody is chosen by such a trait: it is not kept here, and it is not guessed from names."


def refuse(text: str, known: frozenset[str]) -> None:
    """Raises Refused for a request that is not for an audience. `known` are words of fields and values: of
    those a deployment may speak."""
    said = fold(text)
    for pattern, reason in _REASONS:
        for found in pattern.finditer(said):
            if not _is_known(found.group(), known):
                raise Refused(reason)
    for found in _TRAITS.finditer(said):
        if not _is_known(found.group(), known):
            raise Refused(_TRAIT)


def _is_known(said: str, known: frozenset[str]) -> bool:
    return said.strip() in known or said.strip().removesuffix("s") in known
