"""Write a verification report in its three forms."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path

from sterna.errors import Scope, SternaError
from sterna.migration.report import html, text
from sterna.migration.report.content import VerificationReport


class ReportWriteError(SternaError):
    """The report could not be written; the comparison itself is done and can be repeated."""

    scope = Scope.RUN
    exit_code = 73  # EX_CANTCREAT

    def __init__(self, path: Path, reason: str) -> None:
        self.path = path
        self.reason = reason
        super().__init__(f"cannot write the report {path}: {reason}; make room or choose another report_dir")


@dataclass(frozen=True, slots=True)
class ReportFiles:
    """Where the report is, in each form."""

    json: Path
    text: Path
    html: Path


def make_folder(folder: Path) -> None:
    """Make the report's folder; called before a long comparison, so that it is not made for nothing.

    Raises:
        ReportWriteError: it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ReportWriteError(folder, error.strerror or str(error)) from error


def write(report: VerificationReport, folder: Path) -> ReportFiles:
    """Write ``verify.json``, ``verify.txt`` and ``verify.html`` to `folder`, which is made if need be.

    The report of some accounts only is called ``verify-part``, so that it does not take the place of a whole one. Each
    file appears whole or not at all. The page carries the SHA-256 of the JSON file.

    Raises:
        ReportWriteError: the folder or a file cannot be made.
    """
    make_folder(folder)
    name = "verify-part" if report.partial else "verify"
    files = ReportFiles(*(folder / f"{name}.{form}" for form in ("json", "txt", "html")))
    as_json = (json.dumps(report.as_json, indent=2, ensure_ascii=False) + "\n").encode()
    digest = hashlib.sha256(as_json).hexdigest()
    _write(files.json, as_json)
    _write(files.text, text.verification(report).encode())
    _write(files.html, html.render(report, digest=digest, json_name=files.json.name).encode())
    return files


def _write(path: Path, data: bytes) -> None:
    part = path.with_name(path.name + ".part")
    try:
        with part.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        raise ReportWriteError(path, error.strerror or str(error)) from error
