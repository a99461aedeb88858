"""A lab for one test, made and ended by the command line itself."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.folders import lab_folders
from tests.system.command import done, sterna


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that servers' users can pass through; removed afterwards."""
    made = lab_folders() / f"sterna-system-{os.getpid()}-{secrets.token_hex(4)}"
    made.mkdir(mode=0o711)
    yield made
    if (made / "lab").exists():
        sterna("lab", "down", "--dir", made / "lab")
    shutil.rmtree(made)


@pytest.fixture
def lab(folder: Path) -> Any:
    """A running lab's own description."""
    return done("lab", "up", "--dir", folder / "lab", "--messages", "200")
