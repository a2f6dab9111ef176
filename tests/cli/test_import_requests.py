"""What `crm import` sends: to a scripted door, as a process of its own."""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.cli.running import CRM, environment

BODY = b"Email Address,Note\nida@example.com,x\n"
INGESTION: dict[str, Any] = {
    "id": "aW4=",
    "status": "ACCEPTED",
    "failureReason": None,
    **dict.fromkeys(("received", "accepted", "created"), 1),
    **dict.fromkeys(("rejected", "incomplete", "updated", "unchanged", "failed"), 0),
    "ignoredColumns": ["Note"],
}
PREVIEW: dict[str, Any] = {
    "format": "csv",
    "encoding": "utf-8",
    "delimiter": ",",
    "sheets": [],
    "preset": None,
    "columns": [{"column": "Email Address", "samples": [], "field": "email", "because": "heading"}],
    "options": {},
    "questions": [],
    "missingFields": [],
    "records": [],
    "rowErrors": [],
}
QUESTION = {"errors": [{"code": "INVALID", "message": "03/04/2024 may be either.", "path": ["dateOrder"]}]}


class Door:
    """Answers what is sent, and remembers it. `losses`: so many uploads are cut off behind their head;
    `slow`: so many came too slowly."""

    def __init__(self) -> None:
        self.answers: dict[str, tuple[int, Any]] = {}
        self.losses = self.slow = 0
        self.sent: list[tuple[str, dict[str, str], dict[str, str], bytes]] = []

    def handler(self) -> type[BaseHTTPRequestHandler]:
        """The handler of one connection."""
        door = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                parts = urlsplit(self.path)
                if door.losses and parts.path.startswith("/ingest"):
                    door.losses -= 1
                    self.close_connection = True
                    return
                body = self.body()
                headers = {name.lower(): value for name, value in self.headers.items()}
                door.sent.append((parts.path, dict(parse_qsl(parts.query)), headers, body))
                status, answer = door.answers[parts.path]
                if door.slow:
                    door.slow -= 1
                    status, answer = 408, QUESTION
                content = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("content-length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def body(self) -> bytes:
                if "content-length" in self.headers:
                    return self.rfile.read(int(self.headers["content-length"]))
                pieces = []
                while size := int(self.rfile.readline(), 16):
                    pieces.append(self.rfile.read(size))
                    self.rfile.readline()
                self.rfile.readline()
                return b"".join(pieces)

            def log_message(self, *_: object) -> None:
                """Nobody reads it."""

        return Handler


@contextmanager
def scripted(**answers: tuple[int, Any]) -> Iterator[tuple[Door, str]]:
    """A door that answers so, by the last part of the path."""
    door = Door()
    door.answers = {
        "/ingest/customers": answers.get("customers", (202, INGESTION)),
        "/ingest/customers/preview": answers.get("preview", (200, PREVIEW)),
        "/graphql": answers.get("graphql", (200, {"data": {}})),
    }
    server = ThreadingHTTPServer(("127.0.0.1", 0), door.handler())
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield door, f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def run(url: str, *arguments: str, folder: Path, stdin: bytes = b"") -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [CRM, "import", "customers", *arguments, "--url", url, "--token", "t"],
        cwd=folder,
        env=environment(),
        input=stdin,
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert b"Traceback" not in done.stderr
    out, err = done.stdout.decode(), done.stderr.decode()
    return subprocess.CompletedProcess(done.args, done.returncode, out, err)


def test_a_file_of_any_name_goes_as_it_is_with_its_options(tmp_path: Path) -> None:
    (tmp_path / "Kunden Ü.export").write_bytes(BODY)
    with scripted() as (door, url):
        options = ("--map", "Email Address=email", "--dry-run", "--date-order", "dmy")
        done = run(url, "Kunden Ü.export", *options, folder=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1] == "Columns that nothing took: Note"
    ((path, query, headers, body),) = door.sent
    assert (path, body) == ("/ingest/customers", BODY)
    assert json.loads(query.pop("mapping")) == {"Email Address": "email"}
    assert query == {"dateOrder": "DMY", "dryRun": "true", "source": "Kunden Ü.export"}
    assert headers["content-type"] == "application/octet-stream"
    assert headers["content-disposition"] == "attachment; filename*=UTF-8''Kunden%20%C3%9C.export"


def test_standard_input_is_sent_again_under_its_key_after_a_loss(tmp_path: Path) -> None:
    content = BODY + b"eve@example.com,y\n" * 100_000
    with scripted() as (door, url):
        door.losses = 2
        done = run(url, "-", "--idempotency-key", "k", "--json", folder=tmp_path, stdin=content)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["ignoredColumns"] == ["Note"]
    ((_, query, headers, body),) = door.sent
    assert body == content
    assert (query, headers["idempotency-key"]) == ({"source": "stdin"}, "k")
    assert done.stderr.count("Going on in") == 2


def test_a_kept_mapping_is_found_by_its_name(tmp_path: Path) -> None:
    kept = {"data": {"importMappings": [{"id": "bTE=", "name": "Till"}, {"id": "bTI=", "name": "Web shop"}]}}
    with scripted(graphql=(200, kept)) as (door, url):
        assert run(url, "-", "--mapping", "web SHOP", folder=tmp_path, stdin=BODY).returncode == 0
        assert run(url, "-", "--mapping", "bTE=", folder=tmp_path, stdin=BODY).returncode == 0
        missing = run(url, "-", "--mapping", "Shop", folder=tmp_path, stdin=BODY)
    uploads = [query["mapping"] for path, query, _, _ in door.sent if path == "/ingest/customers"]
    assert uploads == ["bTI=", "bTE="]
    assert missing.returncode == 2
    assert 'There are: "Till", "Web shop".' in missing.stderr


def test_a_preview_is_printed_and_nothing_imported(tmp_path: Path) -> None:
    with scripted() as (door, url):
        done = run(url, "-", "--preview", folder=tmp_path, stdin=BODY)
        assert (done.returncode, done.stderr) == (0, "")
        assert "Email Address            email  heading" in done.stdout
        asking = {**PREVIEW, "questions": ["dateOrder: 03/04/2024 may be March or April"]}
        door.answers["/ingest/customers/preview"] = (200, asking)
        done = run(url, "-", "--preview", "--json", folder=tmp_path, stdin=BODY)
    assert (done.returncode, json.loads(done.stdout)) == (1, asking)
    assert {path for path, *_ in door.sent} == {"/ingest/customers/preview"}


def test_what_an_option_must_say_is_told_with_its_flag(tmp_path: Path) -> None:
    with scripted(customers=(400, QUESTION)) as (_, url):
        done = run(url, "-", folder=tmp_path, stdin=BODY)
    assert done.returncode == 2
    assert "may be either. Give it with --date-order DMY (or MDY, YMD)." in done.stderr


def test_a_body_that_came_too_slowly_is_sent_again(tmp_path: Path) -> None:
    with scripted() as (door, url):
        door.slow = 1
        done = run(url, "-", folder=tmp_path, stdin=BODY)
    assert done.returncode == 0
    first, second = (headers["idempotency-key"] for _, _, headers, _ in door.sent)
    assert first == second
