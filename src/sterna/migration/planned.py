"""The plan: what has to change on the target, as a value that is shown, stored, reviewed and then applied as it is."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sterna.errors import Scope, SternaError
from sterna.migration import changes as change_values
from sterna.migration.changes import AddEntry, Change, CreateMailbox, InstallScript, ModifyEntry, SetQuota, describe
from sterna.migration.compare import guarded_subjects
from sterna.migration.desired import Desired
from sterna.migration.facts import Facts
from sterna.model.address import AddressError
from sterna.model.finding import Finding, Outcome
from sterna.openldap.entries import dn_key
from sterna.site.declaration import Policy

FORMAT: Final = 1
"""Version of the JSON; a plan of another version is not read."""


class PlanFileError(SternaError):
    """A stored plan cannot be read."""

    scope = Scope.RUN
    exit_code = 65

    def __init__(self, where: str, reason: str) -> None:
        self.where = where
        self.reason = reason
        super().__init__(f"{where} is not a plan that can be applied: {reason}; make a new one with: sterna plan")


@dataclass(frozen=True, slots=True)
class Guard:
    """How much a plan takes away from people who are on the target already, and how much it may.

    Fields:
        subjects: accounts that would be disabled, or get a smaller limit.
        accounts: how many accounts the target has now.
        share: the largest part of them that may be touched like this, from 0 to 1.
        least: fewer accounts than this are always allowed.
    """

    subjects: tuple[str, ...]
    accounts: int
    share: float
    least: int

    @property
    def stops(self) -> bool:
        """Whether the plan may only be applied when somebody says so explicitly."""
        return len(self.subjects) >= self.least and len(self.subjects) > self.share * self.accounts


@dataclass(frozen=True, slots=True)
class Plan:
    """What has to change, in the order in which it has to be done, and what was seen on the way.

    Fields:
        site: the name of the site it was made for.
        changes: to be carried out.
        findings: of the source, and of the comparison.
        accounts: how many accounts the source has that can be moved.
        unchanged: how many entries and mailboxes are as they should be.
        guard: whether it takes away too much.
    """

    site: str
    changes: tuple[Change, ...]
    findings: tuple[Finding, ...]
    accounts: int
    unchanged: int
    guard: Guard

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to do."""
        return not self.changes

    def counts(self) -> dict[str, int]:
        """Return how many changes of each kind there are, by a name for people; kinds without one are left out."""
        return dict(Counter(_KINDS[type(change)] for change in self.changes))

    def lines(self) -> Iterator[str]:
        """Yield the changes as text: a line for each subject, and below it a line for each thing that changes."""
        subject: str | None = None
        for change in self.changes:
            if change.subject != subject:
                subject = change.subject
                yield subject
            for line in describe(change):
                yield f"  {line}"

    def as_json(self) -> dict[str, object]:
        """Return the plan as JSON values, without any password; `plan_from_json` reads them."""
        return {
            "format": FORMAT,
            "site": self.site,
            "accounts": self.accounts,
            "unchanged": self.unchanged,
            "counts": self.counts(),
            "guard": {
                "stops": self.guard.stops,
                "subjects": list(self.guard.subjects),
                "accounts": self.guard.accounts,
                "share": self.guard.share,
                "least": self.guard.least,
            },
            "changes": [change_values.as_json(change) for change in self.changes],
            "findings": [finding_as_json(finding) for finding in self.findings],
        }


_KINDS: Final = {
    AddEntry: "entries to add",
    ModifyEntry: "entries to change",
    CreateMailbox: "mailboxes to create",
    SetQuota: "quotas to set",
    InstallScript: "filter scripts to install",
}


def new_plan(
    named: tuple[str, Policy], wanted: Desired, facts: Facts, changes: Sequence[Change], findings: Sequence[Finding]
) -> Plan:
    """Return the plan that makes `changes`, with its counts and its guard."""
    site, policy = named
    entries = len(wanted.domains) + len(wanted.accounts) + len(wanted.rows)
    touched = {(isinstance(change, AddEntry | ModifyEntry), change.subject) for change in changes}
    on_target = sum(dn_key(entry.dn) in facts.entries for entry in wanted.accounts)
    return Plan(
        site=site,
        changes=tuple(changes),
        findings=tuple(findings),
        accounts=len(wanted.accounts),
        unchanged=entries + len(wanted.mailboxes) - len(touched),
        guard=new_guard(changes, on_target, policy),
    )


def new_guard(changes: Sequence[Change], accounts_on_target: int, policy: Policy) -> Guard:
    """Return the guard of a plan with these changes."""
    subjects = tuple(guarded_subjects(changes))
    return Guard(subjects, accounts_on_target, policy.guard_share, policy.guard_accounts)


def finding_as_json(finding: Finding) -> dict[str, str]:
    """Return one finding as JSON values."""
    return {
        "kind": finding.kind,
        "object": finding.object,
        "outcome": str(finding.outcome),
        "what": finding.what,
        "why": finding.why,
        "todo": finding.todo,
        "detail": finding.detail,
    }


def read_plan(path: Path) -> Plan:
    """Return the plan stored at `path`, as `Plan.as_json` gives it.

    Raises:
        PlanFileError: there is none, or it is not a plan of this version.
    """
    try:
        data = json.loads(path.read_bytes())
    except OSError as error:
        raise PlanFileError(str(path), f"cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise PlanFileError(str(path), f"not JSON: {error}") from error
    return plan_from_json(data, str(path))


def plan_from_json(data: object, where: str = "this") -> Plan:
    """Return the plan that `Plan.as_json` gave.

    Args:
        data: JSON values.
        where: what to call it in an error.

    Raises:
        PlanFileError: it is not a plan of this version.
    """
    if not isinstance(data, dict):
        raise PlanFileError(where, "it is not a JSON object")
    if data.get("format") != FORMAT:
        raise PlanFileError(where, f"its format is {data.get('format')!r}, not {FORMAT}")
    try:
        guard = data["guard"]
        changes = tuple(change_values.from_json(row) for row in data["changes"])
        return Plan(
            site=str(data["site"]),
            changes=changes,
            findings=tuple(_finding(row) for row in data["findings"]),
            accounts=int(data["accounts"]),
            unchanged=int(data["unchanged"]),
            # Whom the guard is about follows from the changes; what else the file says of that is for the reader.
            guard=Guard(
                tuple(guarded_subjects(changes)), int(guard["accounts"]), float(guard["share"]), int(guard["least"])
            ),
        )
    except (KeyError, TypeError, ValueError, AddressError) as error:
        said = f"{error.args[0]!r} is missing" if isinstance(error, KeyError) else str(error)
        raise PlanFileError(where, said) from error


def _finding(row: dict[str, str]) -> Finding:
    texts = (row["what"], row["why"], row["todo"], row.get("detail", ""))
    return Finding(row["kind"], row["object"], Outcome(row["outcome"]), *texts)
