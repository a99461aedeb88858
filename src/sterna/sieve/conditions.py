"""Write a filter's tests in Sieve.

Two traps of Cyrus 3.6 are avoided here. ``mailboxexists`` with several names holds when *one* exists, where RFC 5490
section 3.1 wants all; so each name has a test of its own. An empty reverse path is an empty string that ``*`` matches,
where a header field that is not there matches nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, time

from sterna.model.address import Address
from sterna.model.filter import (
    AddressField,
    AddressTest,
    DateTest,
    HeaderTest,
    HumanTest,
    MailboxPlace,
    MailboxTest,
    Quantifier,
    SenderNameTest,
    SizeTest,
    Test,
    TimeTest,
    WeekdayTest,
)
from sterna.sieve.patterns import Casing, matches
from sterna.sieve.text import Expression, all_of, any_of, glob, literal, negated, quoted, reference, strings

SENDER_NAME = "name"
"""The variable for the name in From; see `sterna.sieve.actions.prepared`."""

LIST_FIELDS = (
    "List-Id",
    "List-Help",
    "List-Subscribe",
    "List-Unsubscribe",
    "List-Post",
    "List-Owner",
    "List-Archive",
    "X-List",
    "X-ListServer",
    "X-Mailing-List",
    "X-Mirror",
    "X-Autoreply",
    "X-Autorespond",
)
"""Header fields of messages that no person sent to us, whatever they say (RFC 2369, RFC 2919, and older habits)."""

ROBOT_PRECEDENCE = ("bulk", "junk", "list")

_LARGEST = 2**31 - 1
"""Cyrus counts bytes in 31 bits."""

Place = Callable[[MailboxPlace], str | None]
"""Gives the name by which the script's owner reaches a mailbox on the target, None when it cannot have one."""


class NotInSieveError(ValueError):
    """A test or an action has no exact form; the sentence says why. `nearest` is what comes closest."""

    def __init__(self, why: str, nearest: Expression = "false") -> None:
        self.nearest = nearest
        super().__init__(why)


class Conditions:
    """Writes tests for one script.

    Args:
        place: how mailboxes are called.
        addresses: all addresses of the scripts' owner; the first is the one to which mail is delivered on the target.
        need: is told every extension that is used.
        note: is told what is a little different.
    """

    def __init__(
        self,
        place: Place,
        addresses: Sequence[Address],
        need: Callable[[str], None],
        note: Callable[[str], None],
    ) -> None:
        self._place = place
        self._addresses = addresses
        self._need = need
        self._note = note

    def written(self, test: Test) -> Expression:  # noqa: PLR0911  # one return for each kind of test
        """Return `test` in Sieve.

        Raises:
            NotInSieveError: it has no exact form.
        """
        match test:
            case AddressTest(field=AddressField.RECIPIENT):
                return self._recipient(test)
            case AddressTest():
                return self._address(test)
            case HeaderTest(name, patterns, negative):
                return _signed(self._compared("header", quoted(name), patterns), negative=negative)
            case MailboxTest():
                return self._mailboxes(test)
            case SenderNameTest(patterns, negative):
                return self._sender_name(patterns, negative=negative)
            case SizeTest(above, size_bytes):
                return _size(above=above, size_bytes=size_bytes)
            case HumanTest():
                return self._human()
            case TimeTest() | DateTest() | WeekdayTest():
                return self._clock(test)

    def _compared(self, command: str, what: str, patterns: Iterable[str]) -> Expression:
        """Return a comparison with patterns: the test `command` of `what`."""
        casing = Casing.of(patterns)
        if casing.incomplete:
            self._note(
                "letters beyond ASCII compare as they are written, in capitals and in small letters, but not mixed"
            )
        if any("*" in pattern for pattern in casing.patterns):
            return f"{command} :matches {what} {strings([literal(glob(each)) for each in casing.patterns])}"
        return f"{command} :is {what} {strings([literal(each) for each in casing.patterns])}"

    def _address(self, test: AddressTest) -> Expression:
        command, what = self._where(test.field)
        some = self._compared(command, what, test.patterns)
        if test.field is AddressField.RETURN_PATH and any(matches(each, "") for each in test.patterns):
            some = all_of((negated('envelope :is "from" ""'), some))
        if test.quantifier is Quantifier.SIMPLE or test.negative is (test.quantifier is Quantifier.EACH):
            return _signed(some, negative=test.negative)
        present: Expression = f'{command} :matches {what} "*"'
        try:
            other = self._other(what, test.patterns)
        except NotInSieveError as error:
            raise NotInSieveError(str(error), _signed(some, negative=test.negative)) from None
        if test.negative:  # some address is none of them, or there is no address
            return any_of((negated(present), other))
        return all_of((present, negated(other)))

    def _other(self, what: str, patterns: tuple[str, ...]) -> Expression:
        """Return a test for an address that is none of `patterns`; only a fixed value can be compared like that."""
        local, _, domain = patterns[0].rpartition("@")
        if len(patterns) > 1 or patterns[0] in {"", "*"} or not patterns[0].isascii():
            part, value = "", ""
        elif "*" not in patterns[0]:
            part, value = ":all", patterns[0]
        elif local == "*" and "*" not in domain:
            part, value = ":domain", domain
        elif domain == "*" and local and "*" not in local:
            part, value = ":localpart", local
        else:
            part, value = "", ""
        if not value:
            raise NotInSieveError(
                "Sieve cannot ask whether every address, or some address, is outside of several or such patterns"
            )
        self._need("relational")
        return f'address {part} :value "ne" {what} {quoted(literal(value))}'

    def _where(self, field: AddressField) -> tuple[str, str]:
        """Return the test for addresses, and which."""
        if field is AddressField.RETURN_PATH:
            self._need("envelope")
            return "envelope", '"from"'
        if field is AddressField.TO_OR_CC:
            return "address", '["To", "Cc"]'
        return "address", quoted(field.value)

    def _recipient(self, test: AddressTest) -> Expression:
        """Return a test of the envelope, which on the target always has the account's own name, never an alias."""
        self._need("envelope")
        written = _signed(self._compared("envelope", '"to"', test.patterns), negative=test.negative)
        answers = {any(matches(pattern, str(each)) for pattern in test.patterns) for each in self._addresses}
        if len(answers) > 1:
            why = "on the target mail for every alias arrives with the account's own address in its envelope"
            raise NotInSieveError(why, written)
        return written

    def _sender_name(self, patterns: tuple[str, ...], *, negative: bool) -> Expression:
        self._need("variables")
        name = quoted(reference(SENDER_NAME))
        holds = self._compared("string", name, patterns)
        if any(matches(pattern, "") for pattern in patterns):
            holds = all_of((f'not string :is {name} ""', holds))
        return _signed(holds, negative=negative)

    def _human(self) -> Expression:
        self._need("envelope")
        return all_of(
            (
                'not envelope :is "from" ""',
                f'not header :matches {strings(LIST_FIELDS)} "*"',
                f'not header :is "Precedence" {strings(ROBOT_PRECEDENCE)}',
                any_of(('not exists "Auto-Submitted"', 'header :is "Auto-Submitted" "no"')),
            )
        )

    def _mailboxes(self, test: MailboxTest) -> Expression:
        self._need("mailbox")
        some = any_of([f"mailboxexists {quoted(self._name(each))}" for each in test.places])
        return _signed(some, negative=test.negative)

    def _name(self, place: MailboxPlace) -> str:
        name = self._place(place)
        if name is None:
            raise NotInSieveError("the mailbox that it asks for cannot be called so on the target")
        return literal(name)

    def _clock(self, test: TimeTest | DateTest | WeekdayTest) -> Expression:
        self._need("date")
        if isinstance(test, WeekdayTest):
            days = strings([str(day) for day in test.days])
            return _signed(f'currentdate :is "weekday" {days}', negative=test.negative)
        self._need("relational")
        if isinstance(test, DateTest):
            return _date(test.moment, after=test.after)
        return _signed(any_of([_time_range(first, last) for first, last in test.ranges]), negative=test.negative)


def _signed(part: Expression, *, negative: bool) -> Expression:
    return negated(part) if negative else part


def _size(*, above: bool, size_bytes: int) -> Expression:
    if size_bytes > _LARGEST:
        return "false" if above else "true"
    return f"size :{'over' if above else 'under'} {size_bytes}"


def _now(relation: str, part: str, value: str) -> str:
    match = ":is" if relation == "eq" else f':value "{relation}"'
    return f'currentdate {match} "{part}" "{value}"'


def _date(moment: datetime, *, after: bool) -> Expression:
    day, clock = moment.strftime("%Y-%m-%d").zfill(10), moment.strftime("%H:%M:%S")
    if clock == "00:00:00":
        return _now("ge" if after else "lt", "date", day)
    same_day = all_of((_now("eq", "date", day), _now("ge" if after else "lt", "time", clock)))
    return any_of((_now("gt" if after else "lt", "date", day), same_day))


def _time_range(first: time, last: time) -> Expression:
    ends = (_now("ge", "time", first.isoformat("seconds")), _now("le", "time", last.isoformat("seconds")))
    return all_of(ends) if first <= last else any_of(ends)
