"""From the text of a document to operations that may run: parse, measure, validate; each step bounded.

graphql-core parses about 200,000 tokens a second and stops at 200 levels of nesting; its validation takes
about three times as long, but one rule, which compares fields that share a name, grows with the square of
the document, so it gets a budget of its own. With the limits on bytes, tokens, spreads and definitions no
text takes more than some tens of milliseconds.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    OverlappingFieldsCanBeMergedRule,
    ValidationContext,
    ValuesOfCorrectTypeRule,
    parse,
    specified_rules,
    validate,
)
from graphql.validation import ASTValidationRule
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule

from crm_graphql.core.settings import Settings
from crm_graphql.gql.execution_schema import LiteralsRule, OneKeyRule
from crm_graphql.server.operations.analysis import Structure, check_structure
from crm_graphql.server.operations.cost import Cost, operation_cost
from crm_graphql.server.refusals import Refusal, RequestError, bad_input, over_limit

MAX_ERRORS = 5
"""Validation stops after so many: they are for a person to read, and each costs to find and to send."""
MAX_COMMENTS = 500
COMPARISON_BUDGET = 20_000
"""Comparisons of fields and fragments, about half a microsecond each. Most documents need none; a page of
thirty components, each with a fragment over the same fields, needs 13,000."""


class BoundedOverlappingFieldsRule(OverlappingFieldsCanBeMergedRule):
    """graphql-core's rule, which gives up earlier."""

    def __init__(self, context: ValidationContext) -> None:
        super().__init__(context)
        self.rule_context.remaining_complexity_budget = COMPARISON_BUDGET


_OWN: dict[object, type[ASTValidationRule]] = {
    OverlappingFieldsCanBeMergedRule: BoundedOverlappingFieldsRule,
    ValuesOfCorrectTypeRule: LiteralsRule,
}
RULES = (
    *(_OWN.get(rule, rule) for rule in specified_rules),
    MaybeNullValidationRule,
    OneKeyRule,
)


class CheckedOperation:
    """An operation of a checked document; priced when it is first asked for."""

    __slots__ = ("_cost", "_document", "_schema", "definition", "introspects")

    def __init__(
        self,
        schema: GraphQLSchema,
        document: DocumentNode,
        definition: OperationDefinitionNode,
        introspects: bool,
    ) -> None:
        self._schema = schema
        self._document = document
        self._cost: Cost | None = None
        self.definition = definition
        self.introspects = introspects

    @property
    def cost(self) -> Cost:
        """What it costs, by its variables."""
        if self._cost is None:
            self._cost = operation_cost(self._schema, self._document, self.definition)
        return self._cost


@dataclass(frozen=True, slots=True)
class CheckedDocument:
    """A document that fits the schema and the limits, with its operations by name ("" for the unnamed)."""

    node: DocumentNode
    operations: dict[str, CheckedOperation]
    document_hash: str
    tokens: int
    characters: int


def document_hash(text: str) -> str:
    """SHA-256 of the text in UTF-8, in hexadecimal, as clients send it. Raises RequestError for a text that
    has no UTF-8 form: JSON can hold half of a surrogate pair."""
    try:
        return hashlib.sha256(text.encode()).hexdigest()
    except UnicodeEncodeError:
        raise RequestError.of(
            Refusal.SYNTAX, "The document holds half of a surrogate pair.", "BAD_USER_INPUT"
        ) from None


def check_document(
    text: str, schema: GraphQLSchema, settings: Settings, *, suggestions: bool
) -> CheckedDocument:
    """Parse, measure and validate a document. Raises RequestError, with all that is wrong with it
    (the first five errors); with `suggestions` errors say what names the schema has instead."""
    if len(text) > settings.query_bytes or len(text.encode(errors="replace")) > settings.query_bytes:
        finding = f"The document has more than {settings.query_bytes} bytes"
        advice = "Send large values as variables."
        raise over_limit(finding, len(text), settings.query_bytes, "query_bytes", advice)
    digest = document_hash(text)
    node, tokens = _parsed(text, settings)
    structure = check_structure(node, settings)
    _validate(schema, node, suggestions=suggestions)
    return CheckedDocument(node, _operations(schema, node, structure), digest, tokens, len(text))


def _parsed(text: str, settings: Settings) -> tuple[DocumentNode, int]:
    limit = settings.query_tokens
    try:
        node = parse(text, max_lexical_tokens=limit, max_comments=MAX_COMMENTS)
    except GraphQLError as error:
        if f"more than {limit} tokens" in error.message:
            finding = f"The document has more than {limit} tokens"
            advice = "Split it, or send values as variables."
            raise over_limit(finding, limit + 1, limit, "query_tokens", advice) from None
        raise bad_input(Refusal.SYNTAX, [error]) from None
    return node, _count_tokens(node)


def _count_tokens(node: DocumentNode) -> int:
    count = 0
    token: Any = node.loc.start_token if node.loc else None
    while token is not None:
        count += 1
        token = token.next
    return count


def _validate(schema: GraphQLSchema, node: DocumentNode, *, suggestions: bool) -> None:
    errors = validate(schema, node, RULES, max_errors=MAX_ERRORS, hide_suggestions=not suggestions)
    if not errors:
        return
    # graphql-core says only this when it stops for another reason than the number of errors.
    if errors[-1].message == "Validation aborted.":
        message = (
            "The document repeats so many fields or fragments that it takes too long to check. "
            "Select each field once, and split large documents."
        )
        errors = [*errors[:-1], GraphQLError(message, extensions={"code": "TOO_COMPLEX"})]
    raise bad_input(Refusal.VALIDATION, errors)


def _operations(
    schema: GraphQLSchema, node: DocumentNode, structure: Structure
) -> dict[str, CheckedOperation]:
    definitions = [each for each in node.definitions if isinstance(each, OperationDefinitionNode)]
    if not definitions:
        raise RequestError.of(Refusal.VALIDATION, "The document has no operation to run.", "BAD_USER_INPUT")
    return {
        definition.name.value if definition.name else "": CheckedOperation(
            schema, node, definition, measures.introspects
        )
        for definition, measures in zip(definitions, structure.operations, strict=True)
    }
