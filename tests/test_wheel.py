"""The wheel: what an installation without Node needs is in it."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from crm_graphql.server.transports import dashboard, explorer

ROOT = Path(__file__).parents[1]


@pytest.mark.slow
def test_the_pages_come_built_in_the_wheel_with_every_file_that_they_load(tmp_path: Path) -> None:
    if not all((files / "index.html").is_file() for files in (dashboard.FILES, explorer.FILES)):
        pytest.skip("The pages are not built: install Node 20.19 or later and run make setup")
    offline = ("--no-deps", "--no-build-isolation", "--no-index", "--disable-pip-version-check")
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--quiet", *offline, "--wheel-dir", str(tmp_path), str(ROOT)],
        check=True,
        capture_output=True,
    )
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        packed = set(archive.namelist())
    for files in (dashboard.FILES, explorer.FILES):
        wanted = {str(file.relative_to(ROOT)) for file in files.rglob("*") if file.is_file()}
        assert wanted <= packed
    assert str(dashboard.DOCUMENTS.relative_to(ROOT)) in packed
