"""The verification report as one HTML page that needs nothing else: it can be mailed, printed, signed and archived."""

from __future__ import annotations

import jinja2

from sterna.migration.report import numbers
from sterna.migration.report.content import VerificationReport
from sterna.migration.report.outcome import EXPLAINED, by_outcome, outcomes_in_words, unequal_in_words, verdict

MOST_ROWS = 2000
"""Rows of one table. A browser lays out and prints as many without trouble; the JSON has them all."""


def render(report: VerificationReport, *, digest: str, json_name: str, fingerprint: str) -> str:
    """Return the page.

    Args:
        report: what it shows.
        digest: the SHA-256 of the file `json_name`, in hexadecimal.
        json_name: the same for machines.
        fingerprint: of the key by which the page is signed.
    """
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("sterna.migration.report"),
        autoescape=True,  # names and subjects of strangers' mail are in here
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {
        "size": numbers.size,
        "duration": numbers.duration,
        "count": numbers.count,
        "unequal": unequal_in_words,
        "outcomes": outcomes_in_words,
        "sentence": lambda text: text[:1].upper() + text[1:],
    }
    return environment.get_template("verification.html.j2").render(
        report=report,
        verdict=verdict(report),
        rows=sorted(report.rows, key=lambda row: (row.equal, row.address.rpartition("@")[::-1])),
        findings=by_outcome(report.findings),
        explained=EXPLAINED,
        most_rows=MOST_ROWS,
        digest=digest,
        json_name=json_name,
        fingerprint=fingerprint,
    )
