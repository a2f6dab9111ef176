"""The page for people: the caught messages, newest first. Plain HTML; nothing comes from another host."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from markupsafe import Markup, escape

PAGE_SIZE = 50
REFRESH_SECONDS = 5
HEADERS = {
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'",
    "x-content-type-options": "nosniff",
    "cache-control": "no-store",
}

_STYLE = Markup("""
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif; }
body { margin: 2rem auto; max-width: 60rem; padding: 0 1rem; }
header p, .meta, .none { color: GrayText; }
article { border: 1px solid color-mix(in srgb, currentColor 20%, transparent); border-radius: .5rem;
  margin: 1rem 0; padding: .75rem 1rem; }
h2 { font-size: 1rem; margin: 0; overflow-wrap: anywhere; }
iframe { background: white; border: 0; height: 20rem; margin-top: .5rem; width: 100%; }
pre { font: inherit; margin: .5rem 0 0; white-space: pre-wrap; overflow-wrap: anywhere; }
.fate { float: right; font-size: .85rem; margin-left: 1rem; }
""")
_FATES = {
    "delivered": "delivered",
    "failed": "failed",
    "rejected": "rejected",
}


def render_page(
    messages: Sequence[Mapping[str, Any]], total: int, recipient: str, *, first_page: bool
) -> str:
    """The whole document. The first page without a search refreshes itself."""
    live = first_page and not recipient
    refresh = Markup('<meta http-equiv="refresh" content="{}">').format(REFRESH_SECONDS) if live else ""
    items = Markup("").join(_item(message) for message in messages)
    older = Markup("")
    if len(messages) == PAGE_SIZE:
        query = urlencode({"before": messages[-1]["seq"], **({"to": recipient} if recipient else {})})
        older = Markup('<p><a href="/?{}">Older messages</a></p>').format(query)
    return _DOCUMENT.format(
        refresh=refresh,
        style=_STYLE,
        total=f"{total:,}",
        recipient=recipient,
        items=items or Markup('<p class="none">Nothing here yet.</p>'),
        older=older,
    )


def _item(message: Mapping[str, Any]) -> Markup:
    taken_at = datetime.fromtimestamp(message["taken_at"], UTC)
    fate = _FATES[message["fate"]] + (f": {message['reason_text']}" if message["reason_text"] else "")
    if message["receipt_owed"]:
        fate += " (receipt on its way)"
    again = f", handed over {message['times_seen']} times" if message["times_seen"] > 1 else ""
    return Markup(
        '<article><span class="fate">{fate}</span><h2>{to}</h2>'
        '<div class="meta"><time datetime="{iso}">{when} UTC</time>, {channel}{again}, key {key}</div>'
        "{subject}{more}<pre>{body}</pre></article>"
    ).format(
        fate=fate,
        to=message["to"] or "(no address)",
        iso=taken_at.isoformat(),
        when=taken_at.strftime("%Y-%m-%d %H:%M:%S"),
        channel=message["channel"],
        again=again,
        key=message["key"],
        subject=Markup("<p><strong>{}</strong></p>").format(escape(message["subject"]))
        if message["subject"]
        else "",
        more=_more(message),
        body=message["body"],
    )


def _more(message: Mapping[str, Any]) -> Markup:
    """Sender, files, template and HTML, where the message has any."""
    files = ", ".join(
        f"{one['filename']} ({one['content_type']}, {one['size_bytes']:,} bytes)"
        for one in message.get("attachments") or ()
    )
    template = message.get("template")
    values = template and ", ".join(f"{name}: {value}" for name, value in template["parameters"].items())
    lines = (
        ("From", message.get("from_name")),
        ("Answers to", message.get("reply_to")),
        ("Unsubscribes at", message.get("unsubscribe_url")),
        ("Files", files),
        ("Template", template and f"{template['name']} ({template['language']}) {values}".strip()),
    )
    shown = Markup("").join(
        Markup('<div class="meta">{}: {}</div>').format(name, value) for name, value in lines if value
    )
    if html := message.get("html"):
        # A frame of its own, in which nothing runs and nothing is fetched.
        shown += Markup('<iframe sandbox="" title="HTML" srcdoc="{}"></iframe>').format(html)
    return shown


_DOCUMENT = Markup("""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
{refresh}
<title>Caught messages</title>
<style>{style}</style>
</head>
<body>
<header>
<h1>Caught messages</h1>
<p>{total} messages were handed to this simulator. None of them left the machine.</p>
<form><label>To <input name="to" value="{recipient}" placeholder="part of an address"></label>
<button>Search</button></form>
</header>
<main>{items}</main>
{older}
</body>
</html>
""")
