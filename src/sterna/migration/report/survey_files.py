"""Write a survey's page and its JSON."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from sterna.migration.report import survey_html, survey_json
from sterna.migration.report.files import ReportWriteError
from sterna.migration.survey.content import SurveyReport


@dataclass(frozen=True, slots=True)
class SurveyFiles:
    """Where the page and the JSON are."""

    html: Path
    json: Path


def write(report: SurveyReport, page: Path) -> SurveyFiles:
    """Write the page to `page` and the JSON beside it; each appears whole or not at all.

    They hold everybody's names and the texts of filters, so only their owner may read them.

    Raises:
        ReportWriteError: the folder or a file cannot be made.
    """
    files = SurveyFiles(page, page.with_suffix(".json"))
    digest = _write(files.json, survey_json.pieces(report))
    _write(files.html, survey_html.pieces(report, digest=digest, json_name=files.json.name))
    return files


def _write(path: Path, pieces: Iterable[str]) -> str:
    """Write the pieces and return the SHA-256 of all in hexadecimal."""
    digest = hashlib.sha256()
    part = path.with_name(path.name + ".part")
    try:
        part.unlink(missing_ok=True)
        with open(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:  # noqa: PTH123 with a mode
            for piece in pieces:
                data = piece.encode("utf-8", "backslashreplace")
                digest.update(data)
                file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        raise ReportWriteError(path, error.strerror or str(error)) from error
    return digest.hexdigest()
