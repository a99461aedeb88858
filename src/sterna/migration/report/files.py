"""Write a verification report in its three forms."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path

from sterna.errors import Scope, SternaError
from sterna.migration.report import html, signature, text
from sterna.migration.report.content import VerificationReport
from sterna.migration.report.signature import ReportKey


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
    """Where the report is, in each form, and the signatures of all three."""

    json: Path
    text: Path
    html: Path
    signatures: Path


def make_folder(folder: Path) -> None:
    """Make the report's folder; called before a long comparison, so that it is not made for nothing.

    Raises:
        ReportWriteError: it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ReportWriteError(folder, error.strerror or str(error)) from error


def write(report: VerificationReport, folder: Path, key: ReportKey) -> ReportFiles:
    """Write ``verify.json``, ``verify.txt``, ``verify.html`` and ``verify.sig`` to `folder`, which is made if need be.

    The report of some accounts only is called ``verify-part``, so that it does not take the place of a whole one. Each
    file appears whole or not at all. The page carries the JSON and proves itself (`signature`).

    Raises:
        ReportWriteError: the folder or a file cannot be made.
    """
    make_folder(folder)
    name = "verify-part" if report.partial else "verify"
    files = ReportFiles(*(folder / f"{name}.{form}" for form in ("json", "txt", "html", "sig")))
    as_json = _without_markup(json.dumps(report.as_json, indent=2, ensure_ascii=False) + "\n").encode()
    digest = hashlib.sha256(as_json).hexdigest()
    page = html.render(report, digest=digest, json_name=files.json.name, fingerprint=key.fingerprint).encode()
    contents = {
        files.json: as_json,
        files.text: text.verification(report).encode(),
        files.html: signature.sealed(page, as_json, key),
    }
    for path, data in contents.items():
        _write(path, data)
    _write(files.signatures, key.sign({path.name: data for path, data in contents.items()}) + b"\n")
    return files


def _without_markup(text: str) -> str:
    """Return JSON that means the same and that no HTML page can take for markup."""
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


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
