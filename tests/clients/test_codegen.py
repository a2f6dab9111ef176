"""graphql-codegen as docs/front-end.md sets it up: types that fit the scalars, and a list that runs here."""

from __future__ import annotations

import asyncio
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from crm_graphql.resources import Resources
from tests.accounts.doors import PASSWORD, open_doors
from tests.clients.scripts import FOLDER, need_node
from tests.server.live_server import serving

pytestmark = pytest.mark.timeout(180)

ROOT = FOLDER.parents[1]
PAGE = ROOT / "docs/front-end"
TOOLS = FOLDER / "codegen/node_modules"
COMPILE = [
    *("--strict", "--target", "es2022", "--lib", "es2022,dom", "--module", "commonjs"),
    *("--moduleResolution", "bundler", "--skipLibCheck", "--outDir", "out", "--rootDir", "src"),
]
# Money is a text, a moment is a text, and neither is a number: the compiler holds on to it.
USES = """
import type { BestCustomersQuery } from "./gql/graphql";
type Customer = NonNullable<BestCustomersQuery["customers"]>["nodes"][number];
export const spend = (customer: Customer): string => customer.totalSpend;
export const visit = (customer: Customer): string | null => customer.lastVisitAt;
// @ts-expect-error: money is no number.
export const wrong = (customer: Customer): number => customer.totalSpend;
"""
RUN = """
const { askById } = require("./out/persisted.js");
const { Login, BestCustomers } = require("./out/documents.js");
const [url, email, password] = process.argv.slice(1);
(async () => {
  const login = await askById(url, Login, { input: { email, password } });
  const { accessToken } = login.data.login.tokens;
  const found = await askById(url, BestCustomers, { first: 1 }, accessToken);
  const unknown = await askById(url, { __meta__: { hash: "unknown" } }, {}, accessToken);
  console.log(JSON.stringify({ id: Login.__meta__.hash, found, unknown }));
})();
"""


async def ran(folder: Path, *command: str) -> str:
    """What the command prints; fails when it does."""
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        *command, cwd=folder, stdout=pipe, stderr=asyncio.subprocess.STDOUT
    )
    printed, _ = await process.communicate()
    assert process.returncode == 0, printed.decode()
    return printed.decode()


async def generated(folder: Path, config: str) -> Path:
    """A front end's project, generated and compiled; its list of documents."""
    need_node()
    (folder / "src").mkdir()
    (folder / "node_modules").symlink_to(TOOLS)
    (folder / "codegen.ts").write_text(config)
    shutil.copy(ROOT / "schema.graphql", folder)
    for name in ("documents.ts", "persisted.ts"):
        shutil.copy(PAGE / name, folder / "src")
    (folder / "src/uses.ts").write_text(USES)
    await ran(folder, str(TOOLS / ".bin/graphql-codegen"), "--config", "codegen.ts")
    sources = [f"src/{name}.ts" for name in ("documents", "persisted", "uses")]
    await ran(folder, str(TOOLS / ".bin/tsc"), *COMPILE, *sources)
    return folder / "src/gql/persisted-documents.json"


@pytest.mark.parametrize("algorithm", ["as documented", "sha1"])
async def test_what_codegen_writes_is_the_list_of_a_deployment_and_its_pages_sign_in_by_id(
    resources: Resources, tmp_path: Path, algorithm: str
) -> None:
    config = (PAGE / "codegen.ts").read_text()
    if algorithm != "as documented":
        config = config.replace(
            "persistedDocuments: true", f'persistedDocuments: {{ hashAlgorithm: "{algorithm}" }}'
        )
        assert algorithm in config
    file = await generated(tmp_path, config)
    async with open_doors(resources) as doors:
        await doors.user("u@example.com")
    async with serving(resources, trusted_documents=str(file), development=False) as server:
        url = f"{server.url}/graphql"
        printed = await ran(tmp_path, "node", "-e", RUN, url, "u@example.com", PASSWORD)
    told: dict[str, Any] = json.loads(printed)
    assert told["id"].startswith("sha256:") is (algorithm == "as documented")
    assert told["id"] in json.loads(file.read_text())
    assert told["found"]["data"] == {"customers": {"nodes": []}}
    assert told["unknown"]["errors"][0]["extensions"]["code"] == "DOCUMENT_NOT_TRUSTED"
