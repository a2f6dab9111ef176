"""A deployment that runs a committed list of documents and nothing else (`CRM_TRUSTED_DOCUMENTS`).

The file is JSON, in one of the forms that client tools write:

- `{"<id>": "<document>", ...}`: graphql-codegen's persisted documents, Relay's persisted queries, or a list
  by SHA-256;
- `["<document>", ...]`: documents alone, known by their SHA-256;
- `{"format": "apollo-persisted-query-manifest", "version": 1, "operations": [{"id": "...", "body": "..."}]}`:
  Apollo's generate-persisted-query-manifest.

The pages that this package serves bring a list of their own, which runs beside the deployment's.

A request names a document as `naming` says, with the id of the file or the SHA-256 of the text, or sends a
text that is on the list, to the letter. It may do so before anybody is signed in.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import structlog
from graphql import GraphQLSchema

from crm_graphql.core.settings import Settings, SettingsError
from crm_graphql.server.operations.checking import CheckedDocument, check_document, document_hash
from crm_graphql.server.operations.naming import is_named, name_of, normal, shown
from crm_graphql.server.operations.preparing import GraphQLRequest, missing_query
from crm_graphql.server.refusals import Refusal, RequestError

FILE_LIMIT_BYTES = 32 * 1024**2

log = structlog.get_logger()

_FORMS = (
    'The file is {"id": "document", ...} (graphql-codegen, Relay), ["document", ...], or Apollo\'s manifest '
    "(format apollo-persisted-query-manifest, version 1): see docs/front-end.md"
)
_APOLLO = ("apollo-persisted-query-manifest", 1)


class TrustedDocuments:
    """The documents of the list, by id and by hash."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        by_id = {normal(key): text for key, text in texts.items()}
        self._texts = {**{document_hash(text): text for text in texts.values()}, **by_id}
        self._allowed = frozenset(texts.values())

    def __len__(self) -> int:
        return len(self._allowed)

    def find(self, request: GraphQLRequest) -> str | None:
        """The document that the request repeats or names, if it is on the list."""
        if request.query:
            return request.query if request.query in self._allowed else None
        name = name_of(request)
        return self._texts.get(name) if name is not None else None

    async def text_of(self, request: GraphQLRequest) -> str:
        """The document that the request repeats or names. Raises RequestError for any other."""
        text = self.find(request)
        if text is not None:
            return text
        if not request.query and not is_named(request):
            raise missing_query()
        what = "this text" if request.query else shown(name_of(request))
        raise RequestError.of(
            Refusal.UNTRUSTED,
            f"This deployment runs only the documents of its own list of {len(self)}, and {what} is not on "
            "it. Give it the list of the build that asks (CRM_TRUSTED_DOCUMENTS).",
            "DOCUMENT_NOT_TRUSTED",
        )

    async def checked(
        self, request: GraphQLRequest, document: CheckedDocument, *, known_caller: bool
    ) -> None:
        """Nothing to do: the list does not grow."""


def read_trusted_documents(
    settings: Settings, schema: GraphQLSchema, own: Path | None = None
) -> TrustedDocuments:
    """The list of the deployment's file, each document checked against the schema and the limits, and the
    list `own` of what this package serves, where it was built.

    Raises SettingsError that names the deployment's file and the entry.
    """
    path = Path(settings.trusted_documents)
    texts: dict[str, str] = {}
    for entry, key, text in _entries(path, _read(path)):
        if not isinstance(text, str) or not isinstance(key, str | None):
            raise _unusable(path, f"{entry} is not a document as text. {_FORMS}")
        try:
            check_document(text, schema, settings, suggestions=True)
            key = key or document_hash(text)
        except RequestError as error:
            raise _unusable(path, f"{entry} cannot run: {error.errors[0].message}") from None
        if texts.setdefault(key, text) != text:
            raise _unusable(path, f"{entry} has the id of another document")
    if not texts:
        raise _unusable(path, f"it holds no document. {_FORMS}")
    if own is not None and own.is_file():
        for text in json.loads(own.read_bytes()):
            if _may_run(text, schema, settings):
                texts.setdefault(document_hash(text), text)
    return TrustedDocuments(texts)


def _may_run(text: str, schema: GraphQLSchema, settings: Settings) -> bool:
    """Whether the deployment's limits let a document of its own pages run: one may not, others may."""
    try:
        check_document(text, schema, settings, suggestions=False)
    except RequestError as error:
        log.warning(
            "a document of the dashboard cannot run", document=text[:200], reason=error.errors[0].message
        )
        return False
    return True


def _read(path: Path) -> object:
    try:
        if path.stat().st_size > FILE_LIMIT_BYTES:
            raise _unusable(path, f"it is larger than {FILE_LIMIT_BYTES} bytes")
        return json.loads(path.read_bytes())
    except OSError as error:
        raise _unusable(path, f"it cannot be read ({error.strerror})") from None
    except (ValueError, RecursionError) as error:
        raise _unusable(path, f"it is not JSON ({error}). {_FORMS}") from None


def _entries(path: Path, content: object) -> Iterator[tuple[str, object, object]]:
    """For each document what to call it in an error, its id (None: its hash), and its text."""
    if isinstance(content, list):
        for number, text in enumerate(content):
            yield f"entry {number}", None, text
    elif isinstance(content, dict) and "operations" in content:
        operations = content["operations"]
        if not isinstance(operations, list):
            raise _unusable(path, f'"operations" is not a list. {_FORMS}')
        if (form := (content.get("format", _APOLLO[0]), content.get("version", _APOLLO[1]))) != _APOLLO:
            raise _unusable(path, f"its format and version are {form[0]!r} and {form[1]!r}. {_FORMS}")
        for number, operation in enumerate(operations):
            whole = isinstance(operation, dict) and isinstance(operation.get("id"), str)
            entry = f'operations[{number}] "{operation["id"]}"' if whole else f"operations[{number}]"
            yield entry, operation["id"] if whole else None, operation.get("body") if whole else None
    elif isinstance(content, dict):
        for key, text in content.items():
            yield f'"{key}"', key, text
    else:
        raise _unusable(path, f"it is neither an object nor a list. {_FORMS}")


def _unusable(path: Path, why: str) -> SettingsError:
    return SettingsError(f"CRM_TRUSTED_DOCUMENTS names {path}, which cannot be used: {why.rstrip('.')}.")
