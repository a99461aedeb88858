"""Write a filter's actions in Sieve.

What an RFC calls an error of one action is an error of the whole script in Cyrus: a second ``vacation``, or a
``reject`` after a message was filed or sent on, undoes everything and leaves the message in INBOX. So a script
remembers what it did in variables and asks them first.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from sterna.model.address import Address
from sterna.model.filter import (
    Action,
    AddHeader,
    Answer,
    Discard,
    Filter,
    Macro,
    Mark,
    Reject,
    SendOn,
    Stop,
    Store,
    TagSubject,
    Template,
)
from sterna.model.mailbox import INBOX
from sterna.model.sharing import ForeignMailbox
from sterna.sieve.conditions import SENDER_NAME, NotInSieveError, Place
from sterna.sieve.text import DOLLAR, INDENT, clean, indented, literal, multiline, quoted, reference, strings

ACTED = "acted"
"""The variable that tells that a message was filed, sent on or answered."""

ANSWERED = "answered"
"""The variable that tells that a message was answered."""

REMEMBERED_DAYS = 365
"""How long a sender counts as answered; the target's ``sieve_vacation_max_response`` allows as much."""

_MACROS = {
    Macro.SUBJECT: "subject",
    Macro.SENDER: "sender",
    Macro.MESSAGE_ID: "id",
    Macro.DATE: "date",
    Macro.SENDER_NAME: SENDER_NAME,
}
_FIELDS = {Macro.SUBJECT: "Subject", Macro.SENDER: "From", Macro.MESSAGE_ID: "Message-ID", Macro.DATE: "Date"}

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_ADDRESS = re.compile(rf"{_ATOM}(\.{_ATOM})*@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")
"""What can be an address in Sieve without quotes (RFC 5228 section 2.4.2.3)."""

_ACTING = Store | SendOn | Answer


@dataclass(frozen=True, slots=True)
class Before:
    """What filters that ran before may have done to a message that is still under way."""

    acted: bool = False
    answered: bool = False

    def and_then(self, filter_: Filter) -> Before:
        """Return the same after `filter_`, for messages that it lets go on."""
        if filter_.ends:
            return self
        acted = any(isinstance(action, _ACTING) for action in filter_.actions)
        answered = any(isinstance(action, Answer) for action in filter_.actions)
        return replace(self, acted=self.acted or acted, answered=self.answered or answered)


class Actions:
    """Writes actions for one script.

    Args:
        place: how mailboxes are called.
        addresses: all addresses of the scripts' owner.
        need: is told every extension that is used.
        note: is told what is a little different.
        tracked: whether a later filter has to know what happened; then variables remember it.
    """

    def __init__(
        self,
        place: Place,
        addresses: Sequence[Address],
        need: Callable[[str], None],
        note: Callable[[str], None],
        *,
        tracked: Before,
    ) -> None:
        self._place = place
        self._addresses = addresses
        self._need = need
        self._note = note
        self._tracked = tracked

    def written(self, filter_: Filter, before: Before) -> list[str]:
        """Return the statements of a filter, given what may have happened before.

        Raises:
            NotInSieveError: an action has no exact form.
        """
        lines: list[str] = []
        dropping = any(isinstance(action, Discard) for action in filter_.actions)
        rejecting = next((action for action in filter_.actions if isinstance(action, Reject)), None)
        here = Before()
        for action in _without_repetition(filter_.actions):
            again = isinstance(action, Answer) and here.answered
            lines += self._one(action, filter_, before, dropping=dropping, again=again)
            here = Before(here.acted or isinstance(action, _ACTING), here.answered or isinstance(action, Answer))
        lines += self._remembered(filter_)
        if rejecting is not None:
            lines += self._rejected(rejecting, acted_here=here.acted, acted_before=before.acted, dropping=dropping)
        elif dropping and not any(isinstance(action, Store | SendOn) for action in filter_.actions):
            lines.append("discard;")
        if filter_.ends:
            lines.append("stop;")
        return lines

    def _one(  # noqa: PLR0911  # one return for each kind of action
        self, action: Action, filter_: Filter, before: Before, *, dropping: bool, again: bool
    ) -> list[str]:
        match action:
            case Store():
                return self._stored(action, dropping=dropping)
            case Mark():
                return self._marked(action)
            case AddHeader(name, value):
                self._need("editheader")
                return [f"addheader :last {quoted(name)} {quoted(literal(value))};"]
            case TagSubject(text):
                return self._tagged(text)
            case SendOn(targets):
                return self._sent_on(targets, dropping=dropping)
            case Answer() if again:
                self._note("it answers a message once, not several times")
                return []
            case Answer():
                return self._answered(action, filter_.name, before)
            case Reject() | Discard() | Stop():
                return []  # they come last, whatever their place

    def _stored(self, action: Store, *, dropping: bool) -> list[str]:
        foreign = isinstance(action.place, ForeignMailbox)
        if action.place == INBOX:
            if not dropping:
                self._note("the source puts a second copy into INBOX; here there is one")
            return ["keep;"]
        name = self._place(action.place)
        if name is None:
            raise NotInSieveError("its mailbox cannot be called so on the target")
        self._need("fileinto")
        options = "" if dropping else " :copy"
        if not dropping:
            self._need("copy")
        if foreign:
            self._note("the mailbox's owner must have granted the right to post (p); otherwise mail stays in INBOX")
        else:
            self._need("mailbox")
            options += " :create"
        return [f"fileinto{options} {quoted(literal(name))};"]

    def _marked(self, action: Mark) -> list[str]:
        if not (action.add or action.remove):
            return []
        self._need("imap4flags")
        lines = [f"addflag {strings(action.add)};"] if action.add else []
        return [*lines, f"removeflag {strings(action.remove)};"] if action.remove else lines

    def _tagged(self, text: str) -> list[str]:
        self._need("editheader")
        self._need("variables")
        return [
            'set "subject" "";',
            'if header :matches "Subject" "*" {',
            f'{INDENT}set "subject" " ${{1}}";',
            "}",
            'deleteheader "Subject";',
            f'addheader :last "Subject" {quoted(literal(text) + reference("subject"))};',
        ]

    def _sent_on(self, targets: Sequence[Address], *, dropping: bool) -> list[str]:
        others = [target for target in targets if target not in self._addresses]
        for target in others:
            if not _ADDRESS.fullmatch(str(target)):
                raise NotInSieveError(f"{target} is no address that Sieve can send to")
        if not dropping:
            self._need("copy")
        word = "redirect" if dropping else "redirect :copy"
        kept = [] if len(others) == len(targets) else ["keep;"]
        return [*(f"{word} {quoted(literal(str(target)))};" for target in others), *kept]

    def _answered(self, action: Answer, name: str, before: Before) -> list[str]:
        self._need("vacation")
        lines = self._macros(action)
        line = f"vacation :days {REMEMBERED_DAYS}" if action.once else "vacation :seconds 0"
        if not action.once:
            self._need("vacation-seconds")
        line += f" :handle {quoted(literal(_short(name)))}"
        others = [literal(str(each)) for each in self._addresses[1:] if _ADDRESS.fullmatch(str(each))]
        if others:
            line += f"\n{INDENT}:addresses {strings(others)}"
        if action.sender is not None and _ADDRESS.fullmatch(str(action.sender)):
            line += f"\n{INDENT}:from {quoted(literal(str(action.sender)))}"
        line += f"\n{INDENT}:subject {quoted(_one_line(_expanded(action.subject)))}"
        body = _expanded(action.body)
        if action.content_type:
            head = f"Content-Type: {_one_line(literal(action.content_type))}"
            line += f" :mime {multiline(head + chr(10) * 2 + body)};"
        elif "\n" in body:
            line += f"\n{INDENT}{multiline(body)};"
        else:
            line += f"\n{INDENT}{quoted(body)};"
        if not before.answered:
            return [*lines, *line.split("\n")]
        self._note("a message that an earlier filter answered is not answered a second time")
        self._need("variables")
        return [*lines, f'if not string :is "{reference(ANSWERED)}" "yes" {{', *indented(line.split("\n")), "}"]

    def _macros(self, action: Answer) -> list[str]:
        """Return the statements that give the macros of an answer their values."""
        lines: list[str] = []
        used = dict.fromkeys(part for part in (*action.subject, *action.body) if isinstance(part, Macro))
        for macro in used:
            self._need("variables")
            if macro is Macro.SENDER_NAME:
                continue  # known from the beginning of the script
            name, field = _MACROS[macro], _FIELDS[macro]
            lines += [
                f'set "{name}" "";',
                f'if header :matches "{field}" "*" {{',
                f'{INDENT}set "{name}" "${{1}}";',
                "}",
            ]
        return lines

    def _remembered(self, filter_: Filter) -> list[str]:
        lines: list[str] = []
        if filter_.ends:
            return lines
        after = Before().and_then(filter_)
        for variable, happened in (
            (ACTED, after.acted and self._tracked.acted),
            (ANSWERED, after.answered and self._tracked.answered),
        ):
            if happened:
                self._need("variables")
                lines.append(f'set "{variable}" "yes";')
        return lines

    def _rejected(self, action: Reject, *, acted_here: bool, acted_before: bool, dropping: bool) -> list[str]:
        """Return the refusal, where the message has not been filed, sent on or answered before."""
        if acted_here:
            self._note("Sieve cannot do this and refuse the message too; its sender is not told")
            return ["discard;"] if dropping else ["keep;"]
        self._need("reject")
        reason = literal(clean(action.reason).strip() or "The message was refused.")
        refusal = [f"reject {quoted(reason)};"] if "\n" not in reason else f"reject {multiline(reason)};".split("\n")
        if not acted_before:
            return refusal
        self._note("a message that an earlier filter stored, sent on or answered is kept in INBOX instead of refused")
        self._need("variables")
        return [f'if not string :is "{reference(ACTED)}" "yes" {{', *indented(refusal), "}"]


def prepared(code: str) -> list[str]:
    """Return the statements at the beginning of a script that give the variables used in `code` their values."""
    lines: list[str] = []
    if reference(DOLLAR) in code:
        lines.append(f'set "{DOLLAR}" "$";')
    if reference(SENDER_NAME) in code:
        lines += [
            "# The sender's name, without the address.",
            f'set "{SENDER_NAME}" "";',
            'if header :matches "From" "\\"*\\" <*" {',
            f'{INDENT}set "{SENDER_NAME}" "${{1}}";',
            '} elsif header :matches "From" "\\"*\\"<*" {',
            f'{INDENT}set "{SENDER_NAME}" "${{1}}";',
            '} elsif header :matches "From" "* <*" {',
            f'{INDENT}set "{SENDER_NAME}" "${{1}}";',
            '} elsif header :matches "From" "*@* (*)" {',
            f'{INDENT}set "{SENDER_NAME}" "${{3}}";',
            "}",
        ]
    return lines


def _expanded(template: Template) -> str:
    return "".join(literal(part) if isinstance(part, str) else reference(_MACROS[part]) for part in template)


def _one_line(text: str) -> str:
    return " ".join(clean(text).split())


def _short(name: str) -> str:
    """Return a filter's name as a handle: one line, of bounded length."""
    return _one_line(name)[:64] or "answer"


def _without_repetition(actions: Sequence[Action]) -> list[Action]:
    return list(dict.fromkeys(actions))
