"""The spool: what it holds after a process is gone, and what it refuses to hold."""

from __future__ import annotations

from pathlib import Path

from bson import ObjectId

from crm_graphql.tracking.hits import Hit, Signs
from crm_graphql.tracking.spool import Spool
from crm_graphql.tracking.tokens import Kind, Seen
from tests.tracking.factories import BROWSER, LATER

MEBIBYTE = 1024 * 1024


def make(number: int) -> Hit:
    return Hit.of(Seen(Kind.CLICK, ObjectId(), number), at=LATER, agent=BROWSER, signs=Signs.LANGUAGE)


def read(spool: Spool) -> list[Hit]:
    return [hit for file in spool.sealed() for hit in file.hits()]


def test_what_was_kept_is_read_by_the_next_process(tmp_path: Path) -> None:
    hits = [make(number) for number in range(10)]
    first = Spool(tmp_path, limit_bytes=MEBIBYTE)
    first.append(hits[:6])
    first.append(hits[6:])
    first.sync()
    first.seal()
    assert read(Spool(tmp_path, limit_bytes=MEBIBYTE)) == hits


def test_a_file_that_is_being_written_to_is_left_to_its_process(tmp_path: Path) -> None:
    writing = Spool(tmp_path, limit_bytes=MEBIBYTE)
    writing.append([make(1)])
    assert read(Spool(tmp_path, limit_bytes=MEBIBYTE)) == []
    writing.seal()
    assert len(read(Spool(tmp_path, limit_bytes=MEBIBYTE))) == 1


def test_half_a_record_at_the_end_costs_nothing_but_itself(tmp_path: Path) -> None:
    spool = Spool(tmp_path, limit_bytes=MEBIBYTE)
    spool.append([make(1), make(2)])
    spool.seal()
    (path,) = tmp_path.glob("*.hits")
    path.write_bytes(path.read_bytes()[:-3])
    assert [hit.number for hit in read(spool)] == [1]


def test_what_the_disk_has_changed_is_not_read(tmp_path: Path) -> None:
    spool = Spool(tmp_path, limit_bytes=MEBIBYTE)
    spool.append([make(1), make(2)])
    spool.seal()
    (path,) = tmp_path.glob("*.hits")
    raw = bytearray(path.read_bytes())
    raw[12] ^= 0xFF
    path.write_bytes(raw)
    assert read(spool) == []


def test_a_full_spool_drops_and_counts(tmp_path: Path) -> None:
    spool = Spool(tmp_path, limit_bytes=1_000)
    for number in range(100):
        spool.append([make(number)])
    assert 0 < spool.dropped < 100
    spool.seal()
    assert len(read(spool)) == 100 - spool.dropped
    assert sum(path.stat().st_size for path in tmp_path.glob("*.hits")) <= 1_000


def test_a_folder_that_cannot_be_written_drops_and_counts(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("no folder")
    spool = Spool(blocked / "tracking", limit_bytes=MEBIBYTE)
    spool.append([make(1)])
    assert spool.dropped == 1


def test_room_is_there_again_once_files_are_published(tmp_path: Path) -> None:
    spool = Spool(tmp_path, limit_bytes=1_000)
    for number in range(20):
        spool.append([make(number)])
    spool.seal()
    for file in spool.sealed():
        file.delete()
    assert read(spool) == []
    dropped = spool.dropped
    spool.append([make(1)])
    assert spool.dropped == dropped


def test_others_cannot_read_it(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "tracking", limit_bytes=MEBIBYTE)
    spool.append([make(1)])
    (path,) = (tmp_path / "tracking").glob("*.hits")
    assert path.stat().st_mode & 0o077 == 0
    spool.seal()
