"""The manual says what the code does: generated pages are up to date, hand-written ones have every heading."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sterna.cli import exits, manual
from sterna.errors import SternaError

DOCS = Path(__file__).parents[3] / "docs"


@pytest.mark.parametrize("name", ["site-file.md", "exit-codes.md", "cli.md"])
def test_a_generated_page_is_up_to_date(name: str) -> None:
    written = (DOCS / "reference" / name).read_text()
    assert written == manual.pages()[name], "run: .venv/bin/python -m sterna.cli.manual docs/reference"


def test_every_exit_code_of_every_error_has_a_meaning() -> None:
    assert [row.code for row in exits.table() if not row.meaning] == []


def test_every_error_has_an_exit_code_of_its_own_choice() -> None:
    assert [error.__name__ for error in exits.error_classes() if error.exit_code == SternaError.exit_code] == []


def test_every_form_of_json_that_a_verb_gives_is_described() -> None:
    verbs = re.findall(r"^## sterna (.+)$", manual.cli_page(), re.MULTILINE)
    described = re.findall(r"^## sterna (.+) --json$", (DOCS / "reference/json.md").read_text(), re.MULTILINE)
    assert sorted(described) == sorted(set(verbs) - {"lab", "export", "lists", "pass"})


def test_every_page_of_decisions_is_in_its_list() -> None:
    pages = sorted(path.name for path in (DOCS / "decisions").glob("0*.md"))
    assert re.findall(r"\]\((0.+?)\)", (DOCS / "decisions/README.md").read_text()) == pages


def test_every_link_between_pages_leads_somewhere() -> None:
    root = DOCS.parent
    broken = [
        f"{page.relative_to(root)}: {link}"
        for page in [*DOCS.rglob("*.md"), *root.glob("*.md")]
        for link in re.findall(r"\]\((?!https?:|mailto:|#)([^)#]+)", page.read_text())
        if not (page.parent / link).exists()
    ]
    assert broken == []


def test_every_command_in_the_documentation_exists() -> None:
    verbs = set(re.findall(r"^## sterna (\S+)", manual.cli_page(), re.MULTILINE))
    root = DOCS.parent
    named = {
        verb
        for page in [root / "README.md", *DOCS.glob("how-to/*.md"), *DOCS.glob("explain/*.md")]
        for verb in re.findall(r"^    sterna (?:--\S+ \S+ )*([a-z]+)", page.read_text(), re.MULTILINE)
    }
    assert named
    assert named <= verbs


def test_every_file_that_the_architecture_points_to_exists() -> None:
    source = DOCS.parent / "src/sterna"
    table = (DOCS.parent / "ARCHITECTURE.md").read_text().partition("## Where do I change")[2].partition("## Errors")[0]
    named = re.findall(r"`([a-z]+/[a-z_/]+(?:\.py)?)`", table)
    assert len(named) > 10
    assert [name for name in named if not (source / name).exists()] == []
