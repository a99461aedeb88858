"""Carry lists into Mailman: look, decide, do, look again.

A second run changes nothing, and one that was killed is gone on with.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Final

from sterna.errors import Scope, SternaError
from sterna.mailman.api import MailmanApi
from sterna.mailman.carry_out import carry_out, removed, states
from sterna.mailman.changes import AddMember, AddOwner, Ban, Change, CreateList, RemoveMember, WriteText
from sterna.mailman.decide import Decision, FoundList, decide, setting_text
from sterna.mailman.found import find, find_settings, language_of
from sterna.mailman.wanted import WantedList
from sterna.model.finding import Finding, Outcome
from sterna.state.loaded_lists import LoadedLists

_TOGETHER: Final = 200
"""Changes that are recorded in one transaction before they are made."""

_SHOWN: Final = 20
"""How many failures and changes of one list are shown at most; all are counted."""


@dataclass(frozen=True, slots=True)
class Guard:
    """How many members may be taken off a list without being asked: a share, and a number that is always allowed."""

    share: float
    least: int

    def stops(self, removals: int, members: int) -> bool:
        """Whether so many are too many."""
        return removals >= self.least and removals > self.share * members


@dataclass(frozen=True, slots=True)
class LoadedList:
    """What was done for one list, or would be.

    Fields:
        changes: all that was to be done, as text, at most `_SHOWN` of them.
        wanted_changes: how many there were.
        failures: what did not work, as text.
        findings: what was left alone, and why.
    """

    source: str
    address: str
    members: int
    changes: tuple[str, ...]
    wanted_changes: int
    failures: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()

    def as_json(self) -> dict[str, object]:
        """Return it as JSON values, without the findings."""
        return {
            "source": self.source,
            "fqdn_listname": self.address,
            "members": self.members,
            "changes": self.wanted_changes,
            "first_changes": list(self.changes),
            "failures": list(self.failures),
        }


def load_list(
    api: MailmanApi,
    record: LoadedLists,
    wanted: WantedList,
    template_dir: Path | None,
    guard: Guard | None,
    *,
    dry_run: bool,
) -> LoadedList:
    """Make one list in Mailman as it is wanted.

    Args:
        api: where to.
        record: of what was brought.
        wanted: the list.
        template_dir: Mailman's folder of templates, None when it is out of reach.
        guard: whether too many would be taken off; None when somebody said that it is right so.
        dry_run: only say what would be done.

    Raises:
        MailmanRefusedError: the list cannot be made.
        SternaError: with scope SERVER or above: Mailman or the record cannot be used.
    """
    if template_dir is None:
        wanted = replace(wanted, texts={})
    found = find(api, wanted, template_dir)
    decision = decide(wanted, found, record.of(wanted.list_id))
    findings = list(decision.findings)
    changes = _guarded(wanted, decision, found, guard, findings)
    failures: list[str] = []
    if not dry_run:
        record.forget(wanted.list_id, decision.gone)
        failed = _carry_out(api, record, wanted, template_dir, changes)
        failures += [f"{change!s}: {error}" for change, error in failed]
        left = _read_back(api, record, wanted, template_dir) if changes else []
        # What was not to be done, and what did not work, is no surprise.
        known = {str(change) for change, _ in failed}
        if len(changes) < len(decision.changes):
            known |= {str(change) for change in decision.changes if isinstance(change, RemoveMember)}
        failures += [f"{line}: Mailman does not show it" for line in left if line not in known]
    return LoadedList(
        source=str(wanted.source),
        address=str(wanted.address),
        members=len(wanted.members),
        changes=tuple(str(change) for change in changes[:_SHOWN]),
        wanted_changes=len(changes),
        failures=tuple(failures),
        findings=tuple(findings),
    )


def _guarded(
    wanted: WantedList, decision: Decision, found: FoundList, guard: Guard | None, findings: list[Finding]
) -> tuple[Change, ...]:
    """Return the changes, without removals when there are too many."""
    removals = sum(isinstance(change, RemoveMember) for change in decision.changes)
    if guard is None or not guard.stops(removals, len(found.members)):
        return decision.changes
    why = f"{removals} of {len(found.members)} members are no longer on the list on the source; nobody was taken off"
    todo = "If it is right, run again with --accept-removals."
    findings.append(Finding("list", str(wanted.source), Outcome.CHANGED, f"{removals} members to remove", why, todo))
    return tuple(change for change in decision.changes if not isinstance(change, RemoveMember))


def _carry_out(
    api: MailmanApi, record: LoadedLists, wanted: WantedList, template_dir: Path | None, changes: Sequence[Change]
) -> list[tuple[Change, SternaError]]:
    """Make the changes in their order, and return what did not work."""
    failed: list[tuple[Change, SternaError]] = []
    language = None
    for some in _some(changes):
        record.write(wanted.list_id, states(some), done=False)
        made: list[Change] = []
        try:
            for change in some:
                if isinstance(change, WriteText) and language is None:
                    language = language_of(find_settings(api, wanted))
                try:
                    carry_out(api, wanted, change, template_dir, language or "en")
                    made.append(change)
                except SternaError as error:
                    if error.scope > Scope.ACCOUNT or isinstance(change, CreateList):
                        raise
                    failed.append((change, error))
                    if isinstance(change, AddMember | AddOwner | Ban):
                        record.forget(wanted.list_id, states([change]))
        finally:
            record.write(wanted.list_id, states(made), done=True)
            record.forget(wanted.list_id, removed(made))
    return failed


def _read_back(api: MailmanApi, record: LoadedLists, wanted: WantedList, template_dir: Path | None) -> list[str]:
    """Return what is still to be done, and remember which settings are as they should be."""
    found = find(api, wanted, template_dir)
    same = {
        ("setting", name): setting_text(value)
        for name, value in wanted.settings.items()
        if name in found.settings and setting_text(found.settings[name]) == setting_text(value)
    }
    same |= {("text", name): text for name, text in wanted.texts.items() if found.texts.get(name) == text}
    record.write(wanted.list_id, same, done=True)
    if not found.exists:
        return []
    return [str(change) for change in decide(wanted, found, record.of(wanted.list_id)).changes]


def _some(changes: Sequence[Change]) -> Iterator[list[Change]]:
    rest = iter(changes)
    while some := list(islice(rest, _TOGETHER)):
        yield some
