"""Hindi in Latin letters, as people in India write it beside English."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crm_graphql.assistant.reading.atoms import Kind, Topic, Unit
from crm_graphql.audiences.fields import RuleOperator

HINDI_JOINING: Mapping[Kind, str] = {
    Kind.FILLER: """
        koi|kabhi|jo|jinhone|jinhonne|jinko|jinse|wale|wala|wali|walon|waale|waali|ke|ki|ka|ko|ne|hai|
        hain|ho|hua|hue|hui|tha|the hain|thi|gaya|gaye|gayi|humare|hamare|hamari|hamara|dikhao|dikhaiye|
        batao|chahiye|wo|woh|unko|unka|unhe|sab ko|rehte|rahte|rehne|rahne|rehta|karne|karte|karta|kiye|
        kiya|ki hai|kar|chuke|liye|raha|rahe|sirf wo|log jo|ye|yeh|bhi|hi|abhi|ab|par|pe|dukan|dukan par|
        dukaan|hamare yahan|yahan|tak ka|unse|inka|bhai|un|khareedi ki|kuch|kuchh""",
    Kind.EVERYBODY: """
        sab log|sabhi log|sabhi customers|sabhi grahak|sabhi|sab customers|saare customers|sare customers|
        saare log|sare log|sab grahak""",
    Kind.AND: "aur|evam|tatha|aur jo|aur jinhone|tatha jo",
    Kind.OR: "ya|athva|ya phir|ya fir|ya jo",
    Kind.BUT: "lekin|magar|par jo|parantu|lekin jo",
    Kind.NOT: "nahi|nahin|nai|nhi|na|kabhi nahi|kabhi nahin|mat|nahee",
    Kind.EXCEPT: "ko chhod kar|ko chhodkar|ke alawa|ke siwa|chhod kar|chhodkar|ke ilawa",
    Kind.BETWEEN: "ke beech|ke bich|ke beech mein|ke beech me",
    Kind.LAST: "pichle|pichhle|pichla|pichli|pichhla|pichhli|gat|beete",
    Kind.THIS: "is wale|iss|isi",
    Kind.AGO: "pehle|pahle|phle",
    Kind.ONLY: "sirf|keval|bas",
    Kind.LACK: "bina|bagair|bina kisi",
}

HINDI: tuple[tuple[Kind, Any, str], ...] = (
    (
        Kind.PEOPLE,
        None,
        """
        log|logon|logo|grahak|grahakon|customers ko|graahak|kharidar|kharidaar|customeron""",
    ),
    (
        Kind.TOPIC,
        Topic.SPEND,
        """
        kharch|kharcha|kharch kiye|kharch kiya|kharch kiye hain|kharcha kiya|kharch kar|khareedari ki hai|
        rupaye kharch|kharch karne|kharch karte""",
    ),
    (
        Kind.TOPIC,
        Topic.VISIT,
        """
        aaye|aaya|aayi|aye|aaen|aate|aa chuke|aaye hain|aya|ayi|kharida|kharidi|khareeda|kharidari|
        khareedari|khareedi|kharidari ki|shopping ki|kharide|order kiya|order kiye|dikhe|dikha|visit kiya|
        visit kiye|shopping kiye|shop kiya|visit kare|visit ki|purchase kiya|order kare|aana|aati|
        kharidte|khareeda hai""",
    ),
    (
        Kind.TOPIC,
        Topic.LAST,
        """
        aakhri baar|akhri baar|aakhri visit|akhri visit|aakhri kharid|last baar|antim baar""",
    ),
    (
        Kind.TOPIC,
        Topic.FIRST,
        """
        pehli baar|pahli baar|pehli visit|pehli kharid|jude|jude hain|jude the""",
    ),
    (
        Kind.TOPIC,
        Topic.RETURN,
        """
        wapas aaye|vapas aaye|wapas aaya|dobara aaye|phir se aaye|phir aaye|laut kar aaye|laute""",
    ),
    (
        Kind.COMPARED,
        RuleOperator.GT,
        """
        se zyada|se jyada|se zyaada|se adhik|se upar|se jada|se jyaada|se bada|se oopar""",
    ),
    (Kind.COMPARED, RuleOperator.LT, "se kam|se neeche|se niche|se thoda"),
    (
        Kind.COMPARED,
        RuleOperator.GTE,
        """
        ya zyada|ya usse zyada|ya us se zyada|ya jyada|ya adhik|ya usse jyada|ya us se adhik|ya upar""",
    ),
    (Kind.COMPARED, RuleOperator.LTE, "tak|ya kam|ya usse kam|ya us se kam"),
    (Kind.COMPARE, RuleOperator.GTE, "kam se kam"),
    (Kind.COMPARE, RuleOperator.LTE, "zyada se zyada|jyada se jyada|adhik se adhik"),
    (Kind.TIMES, None, "baar|bar|dafa|martaba"),
    (Kind.TIMES, 1, "ek baar|ek bar|ek hi baar"),
    (Kind.TIMES, 2, "do baar|do bar"),
    (Kind.TIMES, 3, "teen baar|teen bar"),
    (Kind.UNIT, Unit.DAY, "din|dino|dinon"),
    (Kind.UNIT, Unit.WEEK, "hafte|hafta|haftey|hafton|saptah"),
    (Kind.UNIT, Unit.MONTH, "mahine|mahina|maheene|mahino|mahinon|maah"),
    (Kind.UNIT, Unit.YEAR, "saal|sal|saalon|varsh|barse"),
    (Kind.DAY, 0, "aaj"),
    (Kind.PREPOSITION, "from", "se"),
    (
        Kind.PREPOSITION,
        "in",
        """
        mein|me|main|andar|ke andar|mein se|me se|ke bheetar""",
    ),
    (Kind.PREPOSITION, "after", "ke baad"),
    (Kind.PREPOSITION, "before", "se pehle|se pahle"),
    (
        Kind.HAVE,
        None,
        """
        ke paas|ke pass|paas|pass|jinka|jinke|jinki|jinke paas|jinke pass|jinki paas""",
    ),
)
