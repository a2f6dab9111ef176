"""Documents in development: those of the list by their ids, and any other as well.

A front end that is being written sends what its build has not listed yet; what a deployment would refuse is
in the log. The file is read again when it has changed, as code generators rewrite it while one works.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import structlog
from cachetools import LRUCache

from crm_graphql.core.settings import SettingsError
from crm_graphql.server.operations.checking import CheckedDocument
from crm_graphql.server.operations.preparing import Documents, GraphQLRequest
from crm_graphql.server.operations.trusted import TrustedDocuments

_TOLD_ONCE = 1_000
_SHOWN_CHARACTERS = 200

log = structlog.get_logger()


class ListedToo:
    """The list of a file first, then whatever `others` knows or takes."""

    def __init__(self, file: Path, read: Callable[[], TrustedDocuments], others: Documents) -> None:
        """`read` reads the list. Raises SettingsError for one that cannot be used now."""
        self._file = file
        self._read = read
        self._others = others
        self._seen = self._changed()
        self._listed = read()
        self._told: LRUCache[str, bool] = LRUCache(_TOLD_ONCE)

    async def text_of(self, request: GraphQLRequest) -> str:
        """The document of the list, or the request's own. Raises RequestError when there is neither."""
        text = self._find(request)
        if text is not None:
            return text
        text = await self._others.text_of(request)
        if text not in self._told:
            self._told[text] = True
            log.warning(
                "a document is not on the list: only development runs it",
                setting="CRM_TRUSTED_DOCUMENTS",
                document=text[:_SHOWN_CHARACTERS],
            )
        return text

    async def checked(
        self, request: GraphQLRequest, document: CheckedDocument, *, known_caller: bool
    ) -> None:
        """Let the others keep what is theirs."""
        if self._listed.find(request) is None:
            await self._others.checked(request, document, known_caller=known_caller)

    def _find(self, request: GraphQLRequest) -> str | None:
        text = self._listed.find(request)
        if text is None and (changed := self._changed()) != self._seen:
            self._seen = changed
            try:
                self._listed = self._read()
            except SettingsError as error:
                log.warning("the list stays as it was", reason=str(error))
            text = self._listed.find(request)
        return text

    def _changed(self) -> tuple[int, int] | None:
        try:
            status = self._file.stat()
        except OSError:
            return None
        return status.st_mtime_ns, status.st_size
