"""An error of the database is waited out, unless it says something of the data."""

from __future__ import annotations

import pytest
from bson.errors import InvalidDocument
from pymongo.errors import (
    AutoReconnect,
    BulkWriteError,
    DocumentTooLarge,
    DuplicateKeyError,
    ExecutionTimeout,
    NetworkTimeout,
    OperationFailure,
    PyMongoError,
    ServerSelectionTimeoutError,
    WaitQueueTimeoutError,
)

from crm_graphql.mongo.transient import is_transient, names_data, reason

DATA = {
    2: "BadValue",
    14: "TypeMismatch",
    15: "Overflow",
    52: "DollarPrefixedFieldName",
    57: "DottedFieldName",
    121: "DocumentValidationFailure",
    10334: "BSONObjectTooLarge",
    17280: "KeyTooLong",
    17419: "the result of an update is too large",
}
ELSEWHERE = {
    11000: "DuplicateKey",
    112: "WriteConflict",
    50: "MaxTimeMSExpired",
    91: "ShutdownInProgress",
    13: "Unauthorized",
    14031: "OutOfDiskSpace",
}


def bulk(code: int, message: str = "refused") -> BulkWriteError:
    """The error of one write of many."""
    return BulkWriteError({"writeErrors": [{"code": code, "errmsg": message}]})


@pytest.mark.parametrize("code", DATA, ids=DATA.get)
def test_a_servers_word_on_the_document_names_the_data(code: int) -> None:
    assert names_data(OperationFailure("refused", code))
    assert names_data(bulk(code))


@pytest.mark.parametrize("code", ELSEWHERE, ids=ELSEWHERE.get)
def test_any_other_word_of_the_server_does_not(code: int) -> None:
    assert not names_data(OperationFailure("refused", code))
    assert not names_data(bulk(code))


@pytest.mark.parametrize(
    "kind",
    [AutoReconnect, ServerSelectionTimeoutError, NetworkTimeout, WaitQueueTimeoutError, ExecutionTimeout],
)
def test_what_passes_by_itself_is_transient_and_names_no_data(kind: type[PyMongoError]) -> None:
    assert is_transient(kind("away"))
    assert not names_data(kind("away"))


@pytest.mark.parametrize(
    "label", ["TransientTransactionError", "UnknownTransactionCommitResult", "RetryableWriteError"]
)
def test_a_label_of_the_server_counts_more_than_the_code(label: str) -> None:
    error = OperationFailure("refused", 121, {"errorLabels": [label]})
    assert is_transient(error)
    assert not names_data(error)


def test_what_never_reached_the_server_names_the_data() -> None:
    assert names_data(DocumentTooLarge("17 MB"))
    assert names_data(InvalidDocument("no such type"))
    assert names_data(ValueError("a mistake of ours"))
    assert not names_data(OSError("network"))
    assert not names_data(DuplicateKeyError("another was first", 11000))


def test_the_reason_is_the_servers_own_sentence_cut_short() -> None:
    assert reason(bulk(121, "Document failed validation")) == "Document failed validation"
    assert reason(ValueError("x" * 600)) == "ValueError: " + "x" * 488
