"""Templates of the account: read page by page, kept for all processes, and what a campaign may ask of one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from bson import ObjectId
from pymongo import ASCENDING, UpdateOne
from structlog import get_logger

from crm_graphql.core.errors import Faults, InvalidInput, Unavailable
from crm_graphql.core.paging import Row
from crm_graphql.media.queries import media_by_ids
from crm_graphql.mongo.leases import database_now
from crm_graphql.whatsapp.documents import WhatsappTemplate, WhatsappTemplatesRead
from crm_graphql.whatsapp.graph import GraphApi, GraphAway, GraphRefused, GraphSilent
from crm_graphql.whatsapp.template_parts import (
    APPROVED,
    ToldTemplate,
    can_be_filled,
    header_of_file,
    parameter_names,
    wants_header,
)

FRESH_FOR = timedelta(minutes=5)
PAGES_LIMIT = 60
"""An account has 6,000 templates at most."""
_PAGE = "100"
_FIELDS = "id,name,language,status,category,parameter_format,components"
_SECONDS = 10.0
_READ = "templates"
_WITH_ARTICLE = {"IMAGE": "a picture", "VIDEO": "a film", "DOCUMENT": "a document"}


class _Cursors(msgspec.Struct):
    after: str | None = None


class _Paging(msgspec.Struct):
    cursors: _Cursors | None = None
    next: str | None = None


class _Page(msgspec.Struct):
    data: list[msgspec.Raw]
    paging: _Paging | None = None


_log = get_logger(__name__)
_page = msgspec.json.Decoder(_Page)
_told = msgspec.json.Decoder(ToldTemplate)


async def list_templates(api: GraphApi | None) -> Sequence[Row]:
    """All templates by name and language, as they were at most five minutes ago; older where Meta cannot be
    asked now. None without an account. Raises Unavailable where they were never read and cannot be."""
    if api is None:
        return []
    await renew_templates(api)
    rows = WhatsappTemplate.get_pymongo_collection().find(
        {}, sort=[("name", ASCENDING), ("language", ASCENDING)]
    )
    return await rows.to_list()


async def renew_templates(api: GraphApi) -> None:
    """Read them again where that is due. Raises Unavailable where they were never read and cannot be."""
    now = await database_now()
    read = await WhatsappTemplatesRead.get_pymongo_collection().find_one({"_id": _READ})
    if read is not None and not read["is_outdated"] and now - read["at"] < FRESH_FOR:
        return
    try:
        told = await _read_all(api)
    except (GraphAway, GraphSilent, GraphRefused, msgspec.DecodeError) as error:
        if read is None:
            raise Unavailable(f"WhatsApp's templates cannot be read now: {error}") from None
        _log.warning("templates cannot be read", error=str(error))
        return
    await _keep(told, now)


async def keep_templates(api: GraphApi | None) -> None:
    """Keep what launches are checked by true; without an account there is nothing to check by."""
    if api is not None:
        await renew_templates(api)
    elif await WhatsappTemplatesRead.get_pymongo_collection().find_one_and_delete({"_id": _READ}) is not None:
        await WhatsappTemplate.get_pymongo_collection().delete_many({})


async def note_status(template_id: str, status: str) -> Row | None:
    """What Meta told of a template by itself; the template as it now is, None for one that is not known yet,
    which is read soon."""
    found: Row | None = await WhatsappTemplate.get_pymongo_collection().find_one_and_update(
        {"_id": template_id}, {"$set": {"status": status.upper()}}, return_document=True
    )
    # Its text may be another one, too.
    await WhatsappTemplatesRead.get_pymongo_collection().update_one(
        {"_id": _READ}, {"$set": {"is_outdated": True}}
    )
    return found


async def find_template(name: str, language: str) -> Row | None:
    """The template of this name and language, as it was last read."""
    found: Row | None = await WhatsappTemplate.get_pymongo_collection().find_one(
        {"name": name, "language": language}
    )
    return found


async def check_template(message: Mapping[str, Any], path: Sequence[str]) -> None:
    """Raise InvalidInput with all that keeps a stored WhatsApp message from being sent: its template is
    missing, not approved, of another language, or of other parameters. Nothing is known, and nothing said,
    where no account was ever read."""
    if await WhatsappTemplatesRead.get_pymongo_collection().find_one({"_id": _READ}, {"_id": 1}) is None:
        return
    name, language = message["template"], message["language"]
    template = await find_template(name, language)
    if template is None:
        raise await _missing(name, language, path)
    faults = Faults()
    with faults.noted():
        if template["status"] != APPROVED:
            status = template["status"].lower().replace("_", " ")
            text = f'The template "{name}" ({language}) is {status}; WhatsApp sends approved ones only.'
            raise InvalidInput(text, path=(*path, "template"))
    with faults.noted():
        _check_parameters(template, [one["name"] for one in message["parameters"]], path)
    with faults.noted():
        await _check_header(template, message.get("header_media_id"), path)
    faults.check()


async def _missing(name: str, language: str, path: Sequence[str]) -> InvalidInput:
    others = await WhatsappTemplate.get_pymongo_collection().distinct("language", {"name": name})
    if others:
        shown = ", ".join(sorted(others)[:10])
        text = f'The template "{name}" is not there in "{language}"; there is {shown}.'
        return InvalidInput(text, path=(*path, "language"))
    text = f'WhatsApp knows no template "{name}". Names are as `whatsappTemplates` lists them.'
    return InvalidInput(text, path=(*path, "template"))


def _check_parameters(template: Row, given: Sequence[str], path: Sequence[str]) -> None:
    wanted = parameter_names(template)
    missing = [name for name in wanted if name not in given]
    extra = [name for name in given if name not in wanted]
    twice = sorted({name for name in given if given.count(name) > 1})
    told = [
        f"{what} {', '.join(names)}"
        for what, names in (("lacks", missing), ("has no", extra), ("has twice", twice))
        if names
    ]
    if told:
        text = f"The template wants the parameters {', '.join(wanted) or '(none)'}; the message"
        words = " and ".join(told).replace("has no", "names what it has not:")
        raise InvalidInput(f"{text} {words}.", path=(*path, "parameters"))


async def _check_header(template: Row, media_id: ObjectId | None, path: Sequence[str]) -> None:
    place = (*path, "headerMediaId")
    if not can_be_filled(template):
        text = f"The template has a {template['header'].lower()} in its head, which campaigns cannot fill."
        raise InvalidInput(text, path=(*path, "template"))
    if not wants_header(template):
        if media_id is not None:
            raise InvalidInput("The template has no file in its head.", path=place)
        return
    kind = _WITH_ARTICLE[template["header"]]
    if media_id is None:
        raise InvalidInput(f"The template has {kind} in its head. Say which file.", path=place)
    # One that is not there is told as such.
    media = (await media_by_ids([media_id])).get(media_id)
    if media is not None and header_of_file(media["content_type"]) != template["header"]:
        text = f"The template has {kind} in its head, and the file is {media['content_type']}."
        raise InvalidInput(text, path=place)


async def _read_all(api: GraphApi) -> list[dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    after: str | None = None
    for _ in range(PAGES_LIMIT):
        params = {"fields": _FIELDS, "limit": _PAGE, **({"after": after} if after else {})}
        page = _page.decode(await api.get(f"{api.account_id}/message_templates", params, seconds=_SECONDS))
        for raw in page.data:
            try:
                told = _told.decode(raw).stored()
            except msgspec.DecodeError:
                # One that nobody can read does not hide the others.
                continue
            found[told["_id"]] = told
        cursors = page.paging and page.paging.cursors
        if not page.paging or not page.paging.next or not cursors or cursors.after in (None, after):
            break
        after = cursors.after
    return list(found.values())


async def _keep(told: Sequence[dict[str, Any]], now: datetime) -> None:
    templates = WhatsappTemplate.get_pymongo_collection()
    if told:
        # Of two who read at once neither takes the other's away.
        writes = [
            UpdateOne({"_id": one["_id"]}, {"$set": one, "$max": {"read_at": now}}, upsert=True)
            for one in told
        ]
        await templates.bulk_write(writes, ordered=False)
    await templates.delete_many({"read_at": {"$lt": now}})
    await WhatsappTemplatesRead.get_pymongo_collection().update_one(
        {"_id": _READ}, {"$set": {"at": now, "is_outdated": False}}, upsert=True
    )
