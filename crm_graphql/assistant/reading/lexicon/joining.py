"""Joining words: what says who is meant, and holds conditions together."""

from __future__ import annotations

from collections.abc import Mapping

from crm_graphql.assistant.reading.atoms import Kind

JOINING: Mapping[Kind, str] = {
    Kind.FILLER: """
        where|where the|i|we|us|you|they|it|our|my|their|them|his|her|its|your|me|there|here|do|does|did|
        please|pls|plz|show|show me|find|find me|list|give me|get|get me|i want|i need|we want|we need|
        want|need|i'd like|i would like|i would like to see|i'd like to see|could you|can you|would you|
        let's|lets|let us|target|segment of|segment|select|pick|pull|pull up|fetch|build|create|make|
        build an audience of|create an audience of|create a segment of|make a segment of|an audience of|
        audience of|audience for|a list of|list of|group of|look for|looking for|want to reach|
        reach out to|which|whose|also|too|as well|currently|at present|right now|now|so far|to date|
        overall|altogether|in total|total of|a total of|in all|lifetime|all time|all-time|ever|even|just|
        already|yet|still|really|actually|simply|something|anything|stuff|things|from us|with us|by us|
        to us|at us|of ours|for us|at our store|at our stores|our store|our stores|our shop|our shops|
        the store|the shop|in our store|in store|from our store|in our shop|at the store|at the shop|
        in our books|on our books|in the database|in our database|in the system|on record|that is|i.e|
        namely|as customers|at all|on us|with our brand|our brand|our business|with our business|
        somewhere|based|located|living|live|lives|lived|reside|resides|residing in|stay|stays|staying|
        dwell|residing|who are|they are|are|were|was|been|be|being|am|living in the city of|how about|
        what about|ok|okay|hi|hello|hey|thanks|thank you|then|so|own|only those|how many|/-|it's been|
        it has been|at the moment|as of now|as of today|up to now|until now|till now|in their lifetime|
        who is|yes|well""",
    Kind.EVERYBODY: """
        everyone|everybody|all customers|all of our customers|all our customers|every customer|all people|
        every single customer|all of them|all contacts|all users|the whole list|the entire list|
        the whole database|our whole customer base|entire customer base|the customer base|anyone|anybody|
        all shoppers|all buyers|all clients|whole customer base|our customer base|customer base""",
    Kind.WHO: """
        who|who've|who have|who has|who had|that|that have|that has|who're|who's|those who|whoever|who'd|
        whom""",
    Kind.AND: """
        and|adn|&|and also|as well as|along with|and who|and have|and has|&&|together with|and then|
        and are|and is|and that|while|who also""",
    Kind.OR: """
        or|or else|or who|or have|or has|/|and/or|or are|or is|or that|or alternatively|alternatively""",
    Kind.NOR: "nor",
    Kind.BUT: """
        but|though|although|however|but who|but have|but has|but are|but is|and yet|even though|
        but also|but still|but only""",
    Kind.EXCEPT: """
        except|ignoring|excepting|except for|excluding|exclude|exclude all|other than|apart from|aside from|
        leaving out|leave out|not including|not counting|rather than|but exclude|but excluding|
        and exclude|with the exception of|skip|skipping|omit|omitting|barring|unless|unless they|
        unless they are|and not including|besides the""",
    Kind.EITHER: "either",
    Kind.BOTH: "both|both of",
    Kind.NEITHER: "neither",
    Kind.NOTHING: "nothing|nothing at all|zilch|none|not a thing",
    Kind.NOT: """
        not|isn't|aren't|wasn't|weren't|haven't|hasn't|hadn't|don't|doesn't|didn't|won't|cannot|can't|
        never|isnt|arent|wasnt|werent|havent|hasnt|hadnt|dont|doesnt|didnt|cant|non|have not|has not|
        had not|do not|does not|did not|are not|is not|have never|has never|not once|who haven't|not yet|
        have yet to|has yet to|yet to|failed to|haven't yet|never once|not ever|didn't even|couldn't|
        not been|ones not|no one who|nobody who|it's not|they're not|who're not|they aren't|hasn't ever|
        haven't ever|haven't even|nothing from""",
    Kind.HAVE: """
        with|w/|have|has|having|had|who've given|gave|give|provided|shared|given us|gave us|left us|left|
        own|owning|made|make|makes|placed|place|completed|got|has got|have got|with known|there is|
        for whom we have|of whom we have|whom we have|we have|with an|we know|carry|carrying|holding|hold|
        bearing|given|in possession of|supplied|where we have|where there is""",
    Kind.LACK: """
        without|with out|lacking|lack|lacks|missing|w/o|with no|have no|has no|no|having no|without any|
        without an|sans|with missing|don't have|doesn't have|do not have|does not have|haven't got|
        hasn't got|have not got|zero|with zero|haven't given us|never gave us|didn't give us|
        haven't given|haven't shared|haven't provided|did not provide|didn't provide|not provided|
        not given|have not given us|have not provided|without a|had no|we have no|we don't have|
        we do not have|devoid of|where we have no|are missing|is missing|with 0 known""",
    Kind.TAGGED: """
        tagged|belong to|belongs to|belonging to|labelled|labeled|marked|tagged as|labelled as|labeled as|
        marked as|tagged with|flagged|flagged as|with tag|with the tag|having tag|with tags|with the tags|
        carrying the tag|have the tag|has the tag|has tag|have tag|tag is|tags include|tag includes|
        whose tags include|tag =|tags =|in the group|labelled with|labeled with|having the tag|
        tagged either|tags contain|tag contains|with a tag of|tagged both|has the label|have the label|
        with the label|classed as|classified as|categorised as|categorized as""",
    Kind.ARTICLE: """
        a|an|the|all|all the|all of|any|those|these|every|each|some|all those|all our|of|any of|the ones|
        ones""",
    Kind.BE: """
        is|=|==|equals|equal to|being equal to|equal|is set to|set to|is equal to|was|are""",
    Kind.BETWEEN: """
        between|in between|ranging from|anywhere between|in the range|in the range of|ranging between|
        somewhere between|anywhere from|falls between|is between""",
    Kind.TO: "to|till|until|through|thru|up until",
    Kind.ABOUT: "about|around|roughly|approximately|approx|~|circa|nearly|almost|close to",
    Kind.PERCENT: "percent|per cent|%|pct",
    Kind.AGO: "ago|back|before now",
    Kind.LAST: "last|past|previous|preceding|prior|trailing|rolling",
    Kind.THIS: "this|current",
    Kind.NEXT: "next|coming|upcoming|following",
    Kind.ONLY: "only|only once ever|strictly|solely",
    Kind.OPEN: "(|[",
    Kind.CLOSE: ")|]",
    Kind.COMMA: ",|;|—",
    Kind.COLON: ":",
    Kind.STOP: ".|!|?",
    Kind.BEGINS: """
        starts with|starting with|start with|begins with|beginning with|begin with|starts in|begins""",
    Kind.CONTAINS: """
        contains|containing|contain|includes|including the text|include|has in it|ends with|ending in|
        ending with|ends in""",
    Kind.FEAST: """
        easter|diwali|deepavali|holi|eid|christmas|xmas|thanksgiving|black friday|cyber monday|ramadan|
        new year|new year's|new year's eve|new year's day|valentine's day|valentines|valentine's|navratri|
        durga puja|pongal|onam|hanukkah|passover|lent|halloween|boxing day|independence day|republic day|
        memorial day|labor day|labour day|mother's day|father's day|mothers day|fathers day|spring|summer|
        autumn|winter|monsoon|the holidays|holiday season|festive season|carnival|raksha bandhan|
        ganesh chaturthi|lunar new year|chinese new year|singles day|prime day|our last sale|
        the last sale|our last campaign|the last campaign|lockdown|the pandemic|covid|the weekend|weekend|
        tax season|back to school""",
}

PREPOSITIONS = (
    "in",
    "from",
    "at",
    "for",
    "since",
    "before",
    "after",
    "until",
    "during",
    "on",
    "by",
    "within",
    "into",
    "as of",
    "prior to",
    "later than",
    "earlier than",
    "starting",
    "starting from",
    "onwards",
    "ahead of",
    "onward",
    "inside",
    "near",
    "throughout",
    "across",
    "anywhere in",
    "on or after",
    "on or before",
    "no later than",
    "no earlier than",
    "not before",
    "not after",
    "up to and including",
    "outside",
    "outside of",
    "from outside",
    "not from",
    "beginning",
    "ever since",
)
SLIPS = {"form": "from", "fro": "from"}
"""Slips of a preposition that are words themselves."""
