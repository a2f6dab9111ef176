"""The engine that runs prepared operations: answers of queries and mutations, sources of subscriptions."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, Sequence
from dataclasses import dataclass
from inspect import isawaitable
from typing import Any

import msgspec
from graphql import ExecutionResult, GraphQLError, GraphQLSchema, OperationType
from graphql.execution import create_source_event_stream, execute_subscription_event

from crm_graphql.core.errors import NothingShown, Unauthenticated
from crm_graphql.core.tasks import cancel_surely
from crm_graphql.gql.context import Context
from crm_graphql.gql.errors import coded
from crm_graphql.gql.execution_schema import execution_schema, refused_variables
from crm_graphql.mongo.deadlines import read_deadline
from crm_graphql.server.executor import FastExecutor
from crm_graphql.server.operations.preparing import Operation

LEFT_SECONDS = 1.0
"""How long a query may go on after its caller has left."""

_ENCODER = msgspec.json.Encoder(decimal_format="string")


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of an operation, ready to be sent."""

    body: dict[str, Any]
    executed: bool
    """Whether anything ran: without, there is no `data`, and the request itself was at fault."""

    def encode(self) -> bytes:
        """The answer as JSON in UTF-8."""
        return _ENCODER.encode(self.body)


def refusal(errors: Sequence[GraphQLError], request_id: str) -> Answer:
    """The answer to a request that was not run."""
    return Answer({"errors": [coded(error, request_id).formatted for error in errors]}, executed=False)


@dataclass(frozen=True, slots=True)
class Source:
    """An open subscription: its events, and what executes each of them."""

    events: AsyncIterable[Any]
    executor: FastExecutor
    operation: Operation


class Engine:
    """One schema's operations. Never raises for what a caller or a resolver did: that is in the answer.

    A mutation that has begun runs to its end, also when whoever waits for it is cancelled: it must not stop
    half-way because its caller left. A query whose caller has left is given a moment to end by itself, for a
    driver's operation that is cut off costs its connection; then it is ended, and the server with it.
    """

    def __init__(self, schema: GraphQLSchema, *, read_seconds: float) -> None:
        """What a query or an event reads of MongoDB, all together, is bounded by `read_seconds`."""
        self.schema = schema
        self._execution_schema = execution_schema(schema)
        self._read_seconds = read_seconds

    async def execute(self, operation: Operation, context: Context) -> Answer:
        """Run a query or a mutation."""
        running = self.start(operation, context)
        try:
            return await asyncio.shield(running)
        except asyncio.CancelledError:
            self.leave(running, operation)
            raise

    def start(self, operation: Operation, context: Context) -> asyncio.Task[Answer]:
        """Begin a query or a mutation. Who does not wait for its end any more calls `leave`."""
        if operation.kind is OperationType.MUTATION:
            return asyncio.create_task(self._execute(operation, context))
        return asyncio.create_task(self._read(operation, context))

    def leave(self, running: asyncio.Task[Answer], operation: Operation) -> None:
        """Nobody waits for what `start` began."""
        if operation.kind is not OperationType.MUTATION and not running.done():
            running.get_loop().call_later(LEFT_SECONDS, cancel_surely, running)

    async def _read(self, operation: Operation, context: Context) -> Answer:
        with read_deadline(self._read_seconds):
            return await self._execute(operation, context)

    async def open(self, operation: Operation, context: Context) -> Source | Answer:
        """Start a subscription: its source, or the answer that says why there is none."""
        return await asyncio.shield(self._open(operation, context))

    async def event(self, source: Source, event: object) -> Answer:
        """Execute the subscription's selection on one event, with loaders of its own."""
        return await asyncio.shield(self._bounded_event(source, event))

    async def _bounded_event(self, source: Source, event: object) -> Answer:
        with read_deadline(self._read_seconds):
            return await self._event(source, event)

    async def _execute(self, operation: Operation, context: Context) -> Answer:
        executor = self._executor(operation, context)
        if isinstance(executor, list):
            return refusal(executor, context.request_id)
        result = executor.execute_operation()
        if isawaitable(result):
            result = await result
        assert isinstance(result, ExecutionResult)
        answer = _answer(result, operation, context)
        # A change by which one comes in succeeds with an old token beside it, and must look like that.
        if operation.kind is OperationType.QUERY:
            _tell_of_a_bad_credential(answer, context)
        return answer

    async def _open(self, operation: Operation, context: Context) -> Source | Answer:
        executor = self._executor(operation, context)
        if isinstance(executor, list):
            return refusal(executor, context.request_id)
        opened = create_source_event_stream(executor)
        if isawaitable(opened):
            opened = await opened
        if isinstance(opened, ExecutionResult):
            return refusal(opened.errors or [], context.request_id)
        return Source(opened, executor, operation)

    async def _event(self, source: Source, event: object) -> Answer:
        executor = source.executor.build_per_event_executor(event)
        context = executor.context_value = source.executor.context_value.renewed()
        result = execute_subscription_event(executor)
        if isawaitable(result):
            result = await result
        assert isinstance(result, ExecutionResult)
        return _answer(result, source.operation, context)

    def _executor(self, operation: Operation, context: Context) -> FastExecutor | list[GraphQLError]:
        built = FastExecutor.build(
            # What is read of the schema is read of the one that clients are promised.
            self.schema if operation.introspects else self._execution_schema,
            operation.document,
            None,
            context,
            operation.variables,
            operation.name,
        )
        assert isinstance(built, FastExecutor | list)
        if isinstance(built, FastExecutor):
            given = operation.variables, built.variable_values.coerced
            return refused_variables(self.schema, operation.document, operation.definition, *given) or built
        return built


def _tell_of_a_bad_credential(answer: Answer, context: Context) -> None:
    """Say that the caller counted as nobody, where what it asked for is answered to anybody."""
    identity = context.identity
    if not isinstance(identity, Unauthenticated) or isinstance(identity, NothingShown):
        return
    errors = answer.body.setdefault("errors", [])
    if not any(error["extensions"]["code"] == identity.code.value for error in errors):
        error = GraphQLError(str(identity), original_error=identity)
        errors.append(coded(error, context.request_id).formatted)


def _answer(result: ExecutionResult, operation: Operation, context: Context) -> Answer:
    body: dict[str, Any] = {"data": result.data}
    if result.errors:
        body["errors"] = [coded(error, context.request_id).formatted for error in result.errors]
    body["extensions"] = {"cost": operation.cost}
    return Answer(body, executed=True)
