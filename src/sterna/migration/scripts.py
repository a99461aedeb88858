"""An account's filter script on the target: what it should be, and what has to change. Pure.

The script is named `SCRIPT` and says in its first line what it was when we wrote it. One that its owner has edited is
left alone from then on, and so is another script that the owner has made active: what people do on the target counts.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Final, Protocol

from sterna.migration.changes import InstallScript
from sterna.model.address import Address
from sterna.model.finding import Finding, Outcome
from sterna.sieve.script import SCRIPT_NAME

SCRIPT: Final = SCRIPT_NAME
"""The name of the script that we make, as ManageSieve shows it (RFC 5804 section 1.6)."""

NOTHING: Final = "# No filters.\n"

_MARK: Final = re.compile(r"# Made by Sterna\. Once edited it is never replaced\. ([0-9a-f]{64})\n")


@dataclass(frozen=True, slots=True)
class WantedScript:
    """One account's script; `active` is False when all in it is commented out."""

    address: Address
    body: str
    active: bool

    @property
    def text(self) -> str:
        """The script, with the line that tells later whether it was edited."""
        return f"# Made by Sterna. Once edited it is never replaced. {digest(self.body)}\n{self.body}"


@dataclass(frozen=True, slots=True)
class ScriptState:
    """What an account has on the target: the names of its scripts, which one is active, and the text of ours."""

    names: frozenset[str]
    active: str | None
    text: str | None

    @property
    def runs(self) -> bool:
        """Whether our script is the active one."""
        return self.active == SCRIPT


NO_SCRIPTS: Final = ScriptState(frozenset(), None, None)


@dataclass(frozen=True, slots=True)
class Scripts:
    """The scripts that accounts are to have; the target's compiler takes those that are wanted.

    Fields:
        wanted: of accounts that have filters.
        findings: what filters do otherwise than on the source, and whose are not known.
        untouched: accounts whose scripts stay as they are.
    """

    wanted: tuple[WantedScript, ...] = ()
    findings: tuple[Finding, ...] = ()
    untouched: frozenset[Address] = frozenset()


NONE_WANTED: Final = Scripts()


class ScriptsPort(Protocol):
    """What a plan needs of a server of scripts; `sterna.migration.script_store.ScriptStore` is one."""

    async def state(self, address: Address) -> ScriptState:
        """Return what the account has."""
        ...

    async def check(self, address: Address, text: str) -> str | None:
        """Return what the server's compiler finds wrong with a script, None when it takes it."""
        ...

    async def install(self, address: Address, text: str, *, activate: bool) -> None:
        """Store our script and let it run."""
        ...


def digest(text: str) -> str:
    """Return the SHA-256 of a script, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def is_ours(text: str) -> bool:
    """Say whether a script is as we wrote it."""
    found = _MARK.match(text)
    return found is not None and found[1] == digest(text[found.end() :])


def script_change(wanted: WantedScript, state: ScriptState) -> tuple[InstallScript | None, tuple[Finding, ...]]:
    """Return what makes the account's script as it should be, None for nothing, and what stands in the way."""
    subject = str(wanted.address)
    if state.text is not None and not is_ours(state.text):
        why = f"its owner has edited the script {SCRIPT} on the target, so it stays as it is"
        return None, (_finding(subject, why, "Compare it with the filters on the source."),)
    findings: tuple[Finding, ...] = ()
    active = wanted.active
    if active and state.active not in (None, SCRIPT):
        why = f"its owner has made the script {state.active} active on the target; ours is stored beside it, not active"
        findings = (_finding(subject, why, "Ask the person which one is to run."),)
        active = False
    elif active and state.active is None and state.text is not None and does_something(state.text):
        why = f"its owner has switched the script {SCRIPT} off on the target, so it is not switched on again"
        findings = (_finding(subject, why, "Ask the person whether it is to run, and make it active there."),)
        active = False
    if state.text == wanted.text and (state.runs or not active):
        return None, findings
    old = None if state.text is None else digest(state.text)
    return InstallScript(subject, old, wanted.text, active), findings


def does_something(text: str) -> bool:
    """Say whether there is more in a script than comments."""
    return any(line and not line.startswith("#") for line in text.split("\n"))


def emptied(address: Address, state: ScriptState) -> InstallScript | None:
    """Return what silences our script of an account that has no filters on the source any more."""
    nothing = placeholder(address)
    if state.text is None or not is_ours(state.text) or state.text == nothing:
        return None
    return InstallScript(str(address), digest(state.text), nothing, active=False)


def placeholder(address: Address) -> str:
    """Return what is stored and made active before the script itself: one that is there and off was switched off."""
    return WantedScript(address, NOTHING, active=False).text


def refused(address: Address, answer: str, text: str) -> Finding:
    """Return the finding for a script that the server's compiler does not take."""
    why = f"the target's own compiler refuses the script made of its filters: {answer}"
    todo = "The account's scripts stay as they are. Report this with the script; make it by hand until it is mended."
    return Finding("filter", str(address), Outcome.DROPPED, "filters", why, todo, text)


def _finding(subject: str, why: str, todo: str) -> Finding:
    return Finding("filter", subject, Outcome.CHANGED, f"script {SCRIPT}", why, todo)
