"""Understand the conditions of mail rules."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, time

from sterna.communigate.rule_words import (
    ADDRESSES,
    DATA,
    HEADERS,
    MONTHS,
    OPERATIONS,
    UNKNOWABLE,
    WEEKDAYS,
    simple,
)
from sterna.communigate.rules import Condition
from sterna.communigate.sizes import SizeError, read_size
from sterna.model.filter import (
    AddressTest,
    DateTest,
    HeaderTest,
    HumanTest,
    MailboxPlace,
    MailboxTest,
    SenderNameTest,
    SizeTest,
    Test,
    TimeTest,
    WeekdayTest,
)

_FIELD = re.compile(r"[A-Za-z0-9!#%&'+.^_`|~-]+")
"""Names of header fields as they occur (RFC 5322 section 3.6.8 allows a few signs more)."""

_DATE = re.compile(
    r"(?P<day>[0-9]{1,2})[ -](?P<month>[A-Za-z]{3,9}|[0-9]{1,2})[ -](?P<year>[0-9]{4})"
    r"(?:[ _](?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2}))?)?",
    re.ASCII,
)
_CLOCK = re.compile(r"([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?", re.ASCII)
_LAST_SECOND = time(23, 59, 59)

Places = Callable[[str], MailboxPlace | None]
"""Reads the path of a mailbox, None when it is none."""


class UnknownWordError(ValueError):
    """A condition or an action has a word that the source does not know either."""


class NoCounterpartError(ValueError):
    """A condition has no counterpart on the target, or cannot be understood; the sentence says why."""


def read_condition(condition: Condition, places: Places) -> tuple[Test, ...]:
    """Return the tests that together say what `condition` says.

    Raises:
        UnknownWordError: its words are none.
        NoCounterpartError: it cannot be said.
    """
    data, operation = simple(condition.data), simple(condition.operation)
    if data not in DATA:
        raise UnknownWordError(f"CommuniGate has no condition {condition.data!r}")
    if data in UNKNOWABLE:
        raise NoCounterpartError(f"no test on the target sees {UNKNOWABLE[data]} ({condition.data})")
    if data == "human generated":
        return (HumanTest(),)
    if operation not in OPERATIONS:
        raise UnknownWordError(f"CommuniGate has no operation {condition.operation!r}")
    parameter = condition.parameter
    match data:
        case "message size":
            return _sizes(operation, parameter)
        case "time of day":
            return (_times(operation, parameter),)
        case "current date":
            return (_date(operation, parameter),)
        case "current day":
            return (_weekdays(operation, parameter),)
        case _:
            return (_texts(data, operation, parameter, places),)


def listed(operation: str, parameter: str) -> tuple[str, ...]:
    """Return the pictures of a parameter: several, between commas, for ``in``, one for ``is``."""
    if operation in {"is", "is not"}:
        return (parameter.strip(),)
    return tuple(part.strip() for part in parameter.split(",") if part.strip()) or ("",)


def _texts(data: str, operation: str, parameter: str, places: Places) -> Test:
    if operation in {"greater than", "less than"}:
        raise NoCounterpartError(f"{operation!r} compares numbers and dates, not text")
    negative = operation in {"is not", "not in"}
    pictures = listed(operation, parameter)
    if operation in {"in", "not in"}:
        for picture in pictures:
            if picture.startswith("#"):
                raise NoCounterpartError(f"the address list {picture!r} of the old server is not known on the target")
    if data in ADDRESSES:
        field, quantifier = ADDRESSES[data]
        return AddressTest(field, pictures, negative, quantifier)
    if data in HEADERS:
        return HeaderTest(HEADERS[data], pictures, negative)
    if data == "'from' name":
        return SenderNameTest(pictures, negative)
    if data == "existing mailbox":
        return _mailboxes(pictures, negative, places)
    return _header_field(pictures, negative=negative)


def _mailboxes(pictures: tuple[str, ...], negative: bool, places: Places) -> Test:
    found = [places(picture) for picture in pictures]
    if any("*" in picture for picture in pictures):
        raise NoCounterpartError("the target can be asked for one mailbox by its name only, not by a pattern")
    known = tuple(place for place in found if place is not None)
    if len(known) < len(found):
        raise NoCounterpartError("it names no mailbox")
    return MailboxTest(known, negative)


def _header_field(pictures: tuple[str, ...], *, negative: bool) -> Test:
    rows = [picture.partition(":") for picture in pictures]
    names = {name.strip().lower(): name.strip() for name, _, _ in rows}
    if any(not colon for _, colon, _ in rows):
        raise NoCounterpartError("without a field's name and a colon it is not clear which header field it means")
    if any(not _FIELD.fullmatch(name) for name in names.values()):
        raise NoCounterpartError("the name of a header field must stand without wildcards and spaces")
    if len(names) > 1:
        raise NoCounterpartError("it compares several header fields at once")
    [name] = names.values()
    return HeaderTest(name, tuple(value.strip() for _, _, value in rows), negative)


def _sizes(operation: str, parameter: str) -> tuple[Test, ...]:
    try:
        size_bytes = read_size(parameter)
    except SizeError as error:
        raise NoCounterpartError(str(error)) from None
    if size_bytes is None or operation in {"in", "not in", "is not"}:
        raise NoCounterpartError(f"a size cannot be compared by {operation} {parameter!r}")
    above, below = SizeTest(above=True, size_bytes=size_bytes), SizeTest(above=False, size_bytes=size_bytes)
    if operation == "is":
        return (
            SizeTest(above=True, size_bytes=size_bytes - 1) if size_bytes else below,
            SizeTest(above=False, size_bytes=size_bytes + 1),
        )
    return (above if operation == "greater than" else below,)


def _times(operation: str, parameter: str) -> Test:
    if operation == "greater than":
        return TimeTest(((_clock(parameter), _LAST_SECOND),))
    if operation == "less than":
        return TimeTest(((_clock(parameter), _LAST_SECOND),), negative=True)
    ranges: list[tuple[time, time]] = []
    for part in parameter.split(","):
        first, dash, last = part.partition("-")
        if not dash:
            raise NoCounterpartError(f"{part.strip()!r} is no span of time such as 08:00-18:00")
        ranges.append((_clock(first), _clock(last)))
    return TimeTest(tuple(ranges), negative=operation in {"is not", "not in"})


def _clock(text: str) -> time:
    wrong = NoCounterpartError(f"{text.strip()!r} is no time such as 08:00")
    found = _CLOCK.fullmatch(text.strip())
    if found is None:
        raise wrong
    hour, minute, second = (int(part or 0) for part in found.groups())
    try:
        return _LAST_SECOND if (hour, minute, second) == (24, 0, 0) else time(hour, minute, second)
    except ValueError:
        raise wrong from None


def _date(operation: str, parameter: str) -> Test:
    wrong = NoCounterpartError(f"{parameter.strip()!r} is no date such as 05 Mar 2011")
    found = _DATE.fullmatch(parameter.strip())
    if found is None:
        raise wrong
    try:
        word = found["month"]
        month = int(word) if word.isdigit() else MONTHS[word[:3].lower()]
        hour, minute, second = (int(found[part] or 0) for part in ("hour", "minute", "second"))
        clock = time(hour, minute, second)
        moment = datetime.combine(date(int(found["year"]), month, int(found["day"])), clock)
    except (ValueError, KeyError):
        raise wrong from None
    if operation not in {"greater than", "less than"}:
        raise NoCounterpartError(f"dates compare by greater than and less than, not by {operation}")
    return DateTest(after=operation == "greater than", moment=moment)


def _weekdays(operation: str, parameter: str) -> Test:
    if operation in {"greater than", "less than"}:
        raise NoCounterpartError(f"days of the week do not compare by {operation}")
    days: list[int] = []
    for word in parameter.split(","):
        day = WEEKDAYS.get(word.strip().lower()[:3])
        if day is None:
            raise NoCounterpartError(f"{word.strip()!r} is no day of the week")
        days.append(day)
    return WeekdayTest(tuple(dict.fromkeys(days)), negative=operation in {"is not", "not in"})
