"""Links and pictures of a message: what is no address, leads nowhere, or is not to be seen by everybody."""

from __future__ import annotations

import difflib
import ipaddress
import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from crm_graphql.campaigns.html_source import SIGN, HtmlSource, PartKind

_SCHEME = re.compile(r"([a-zA-Z][a-zA-Z0-9+-]*):")
_WEB = ("http", "https")
_RUN = ("javascript", "vbscript", "data", "file", "blob", "about", "view-source")
_LABEL = re.compile(r"[^\W_](?:[\w-]{0,61}[^\W_])?")
_PLACEHOLDER_HOSTS = re.compile(
    r"(?:.*\.)?(?:example\.(?:com|org|net|edu)|(?:your|my)-?(?:domain|site|website|company|shop|store|url|"
    r"link|page)(?:-?here)?\.\w+|(?:domain|website|placeholder|changeme)\.(?:com|org|net|tld))"
)
_PRIVATE_TOPS = frozenset(
    ["localhost", "local", "internal", "lan", "home", "test", "invalid", "example", "localdomain"]
)
_SIGNED_MEDIA = re.compile(r"/media/[0-9a-f]{24}(?:/thumbnail)?\Z", re.IGNORECASE)
_PUBLIC_MEDIA = re.compile(r"/media/public/([^/]+)\Z")
_STYLE_URL = re.compile(r"""url\(\s*+(?:"([^"]*+)"|'([^']*+)'|([^)\s]*+))""", re.IGNORECASE)
_STYLE_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)
# An address may hold commas; one at its end ends the candidate (HTML, 4.8.4.2.1).
_CANDIDATE = re.compile(r"[\s,]*+(\S++)(?:(?<!,)[^,(]*+(?:\([^)]*+\)?[^,(]*+)*+)?")
_MAILBOX = re.compile(r"[^@\s,?&]+@[^@\s,?&.]+(?:\.[^@\s,?&.]+)+")
_FETCHED = re.compile(r"(?:https?:)?//", re.IGNORECASE)
_AFTER_HOST = re.compile(r"[/?#]")
_WORD = re.compile(r"\S+")
_BEGINNING = re.compile(r"""[(<\["']*+((?:h[tp]{2,5}s?|ttps?)(?:[:;/\\].*))""", re.IGNORECASE)
_TRAILING = ".,;:!?)>]\"'"
_DYNAMIC = "x"


@dataclass(frozen=True, slots=True)
class Address:
    """An address that a message names. `shown` is as it is written."""

    shown: str
    fixed: str
    """With a letter for each of Liquid's tags: what it will be is not known."""

    @classmethod
    def of(cls, source: HtmlSource, written: str) -> Address:
        """That of an attribute, with signs in place of Liquid's tags."""
        given = written.strip()
        return cls(source.written(given)[:100], given)

    @property
    def is_open(self) -> bool:
        """Whether the beginning is a value: nothing can be said of it."""
        return SIGN.match(self.fixed) is not None

    @property
    def plain(self) -> str:
        """With a letter in place of each value."""
        return SIGN.sub(_DYNAMIC, self.fixed)


def links_of(source: HtmlSource) -> Iterator[Address]:
    """Where the links of HTML lead."""
    for part in source.parts():
        if part.kind is PartKind.START and part.name in ("a", "area"):
            attributes = part.attributes
            if "href" in attributes:
                yield Address.of(source, attributes["href"])


def links_of_text(source: HtmlSource) -> Iterator[Address]:
    """What is meant as a link in a plain text."""
    for word in _WORD.finditer(source.text):
        if found := _BEGINNING.match(word[0]):
            yield Address.of(source, found[1].rstrip(_TRAILING))


def pictures_of(source: HtmlSource) -> Iterator[Address]:
    """Where the pictures of HTML lie, those of its styles included."""
    for part in source.parts():
        if part.kind is PartKind.RAW and part.name == "style":
            yield from _pictures_of_style(source, source.text[part.start : part.end])
        if part.kind is not PartKind.START:
            continue
        attributes = part.attributes
        if part.name == "img" or (part.name == "input" and attributes.get("type", "").lower() == "image"):
            yield Address.of(source, attributes.get("src", ""))
        for name in ("background", "poster"):
            if name in attributes:
                yield Address.of(source, attributes[name])
        for candidate in _CANDIDATE.finditer(attributes.get("srcset", "")):
            if not candidate[1].startswith("data:"):
                yield Address.of(source, candidate[1].rstrip(","))
        yield from _pictures_of_style(source, attributes.get("style", ""))


def _pictures_of_style(source: HtmlSource, style: str) -> Iterator[Address]:
    for found in _STYLE_URL.finditer(_STYLE_COMMENT.sub("", style)):
        yield Address.of(source, found[1] or found[2] or found[3] or "")


def link_fault(address: Address) -> str | None:
    """What is wrong with a link, to follow its name; None for nothing that can be told."""
    text = address.plain
    if address.is_open:
        return None
    if text in ("", "#"):
        return "leads nowhere: it has no address"
    if text.startswith("#"):
        return None
    if "\\" in text.partition("?")[0]:
        return "has backslashes, where an address has slashes"
    scheme = _SCHEME.match(text)
    if scheme is None:
        return _without_scheme(text)
    name = scheme[1].lower()
    if name in _RUN or name == "cid":
        return f"is no address that a mail program opens: it begins with {name}:"
    if name in _WEB:
        if _SIGNED_MEDIA.search(_path_of(text)) and "signature=" in text:
            return "opens for 15 minutes only; attach the file, or publish it if it is a picture"
        return _web_fault(address)
    if name == "mailto":
        return _mailto_fault(address)
    if name in ("tel", "sms"):
        has_number = re.search(r"\d", text) or SIGN.search(address.fixed)
        return None if has_number else f"has no number behind {name}:"
    if difflib.get_close_matches(name, _WEB, n=1, cutoff=0.75) or text[scheme.end() :].startswith("//www."):
        return f'begins with "{name}:", which is probably meant to be "https:"'
    return None


def picture_fault(address: Address) -> str | None:
    """Why not everybody sees a picture, to follow its name; None for nothing that can be told."""
    text = address.plain
    if address.is_open:
        return None
    if not text:
        return "has no address"
    scheme = _SCHEME.match(text)
    name = scheme[1].lower() if scheme else ""
    if name in _WEB:
        if _SIGNED_MEDIA.search(_path_of(text)):
            return "is a link that opens for 15 minutes only; publish the file, and use its publicUrl"
        return _web_fault(address)
    if name == "data":
        return "is written into the message, which most mail programs do not show; publish it as a file"
    if name:
        return f"begins with {name}:, where nobody else finds it; publish it as a file"
    if "\\" in text:
        return "is a file of one computer; publish it"
    return f"{_without_scheme(text)}; nobody's mail program knows where that is"


def public_name_of(address: Address, public_url: str) -> str | None:
    """The name of a published file of this deployment that the picture is; None for any other."""
    if address.is_open or SIGN.search(address.fixed):
        return None
    found = _PUBLIC_MEDIA.search(_path_of(address.fixed))
    return found[1] if found and _host_of(address.fixed) == _host_of(public_url) else None


def pictures_on_servers(html: str, public_url: str) -> dict[str, bool]:
    """The addresses of rendered HTML's pictures that are fetched from a server, each once, and whether it is
    a published file of this deployment."""
    found = pictures_of(HtmlSource.rendered(html))
    return {
        one.fixed: public_name_of(one, public_url) is not None for one in found if _FETCHED.match(one.fixed)
    }


def _without_scheme(text: str) -> str:
    if re.match(r"https?//", text, re.IGNORECASE):
        return "lacks the colon of https://"
    if text.startswith("//"):
        return "begins with //; begin it with https://"
    if text.lower().startswith("www.") or re.match(r"[\w-]+(\.[\w-]+)+(?:[:/?#]|\Z)", text):
        return "is no whole address; begin it with https://"
    return "is a path, no whole address; begin it with https://"


def _mailto_fault(address: Address) -> str | None:
    if SIGN.search(address.fixed):
        return None
    to, _, rest = address.fixed.partition(":")[2].partition("?")
    people = [unquote(one).strip() for one in to.split(",")]
    if people == [""] and re.search(r"(?:^|&)(?:to|bcc|cc)=[^&]", rest, re.IGNORECASE):
        return None
    return None if all(map(_MAILBOX.fullmatch, people)) else "has no email address behind mailto:"


def _web_fault(address: Address) -> str | None:
    text = address.plain
    rest = text.partition(":")[2]
    if not rest.startswith("//") or rest.startswith("///"):
        return "has not two slashes behind the colon, as https:// has"
    if re.search(r"\s", text):
        return "holds a space; write %20"
    if SIGN.search(_AFTER_HOST.split(address.fixed.partition("://")[2], maxsplit=1)[0]):
        return None
    try:
        parts = urlsplit(text)
        name, _ = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        return "is no address: its host or port cannot be read"
    return _host_fault(name) if name else "is no address: it has no host"


def _host_fault(name: str) -> str | None:
    try:
        is_global = ipaddress.ip_address(name).is_global
    except ValueError:
        labels = name.split(".")
    else:
        return None if is_global else "is on a private network, where nobody else comes"
    if labels[-1] in _PRIVATE_TOPS:
        return "leads to a name that is for tests or private networks"
    if len(labels) < 2 or not all(map(_LABEL.fullmatch, labels)) or labels[-1].isdigit():
        return f'is no address: there is no host "{name[:60]}"'
    if _PLACEHOLDER_HOSTS.fullmatch(name):
        return "leads to a placeholder, not to a site of yours"
    return None


def _path_of(text: str) -> str:
    try:
        return urlsplit(text).path
    except ValueError:
        return ""


def _host_of(text: str) -> str:
    try:
        return urlsplit(text).netloc.lower()
    except ValueError:
        return ""
