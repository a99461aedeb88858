"""A small CommuniGate that carries out mail rules on one message, as the manual describes them.

It knows nothing of filters or Sieve, so that it can be held against them. What the manual leaves open is decided here
as the translation says in its findings and documents.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email import message_from_bytes
from email.header import decode_header, make_header
from email.utils import getaddresses, parseaddr

from sterna.communigate.rules import Condition, Rule

LISTS = re.compile(
    r"^(List-(Id|Help|Subscribe|Unsubscribe|Post|Owner|Archive)"
    r"|X-(List|ListServer|Mailing-List|Mirror|Autoreply|Autorespond)):.*",
    re.IGNORECASE | re.MULTILINE,
)
MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
FLAGS = {"read": "\\Seen", "seen": "\\Seen", "flagged": "\\Flagged", "answered": "\\Answered", "deleted": "\\Deleted",
         "draft": "\\Draft", "redirected": "$Forwarded", "mdnsent": "$MDNSent", "junk": "$Junk"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Arriving:
    """A message and its envelope. `mailboxes` are those that exist."""

    sender: str
    recipient: str
    data: bytes
    now: datetime
    mailboxes: frozenset[str] = frozenset({"INBOX"})


@dataclass(frozen=True, slots=True)
class Copy:
    """What is in a mailbox afterwards."""

    flags: frozenset[str]
    subject: str
    added: tuple[tuple[str, str], ...]


@dataclass(slots=True)
class Result:
    """What became of the message. `answers` are subject and text of each."""

    copies: dict[str, Copy] = field(default_factory=dict)
    sent_on: set[str] = field(default_factory=set)
    answers: list[tuple[str, str]] = field(default_factory=list)
    rejected: bool = False


class Interpreter:
    """Carries out one account's rules."""

    def __init__(self, rules: Sequence[Rule], arriving: Arriving) -> None:
        self._rules = sorted((rule for rule in rules if rule.priority > 0), key=lambda rule: -rule.priority)
        self._arriving = arriving
        message = message_from_bytes(arriving.data)
        self._headers = [(name, _decoded(value)) for name, value in message.items()]
        self._flags: set[str] = set()
        self._added: list[tuple[str, str]] = []
        self._result = Result()

    def run(self) -> Result:
        for rule in self._rules:
            if all(self._holds(condition) for condition in rule.conditions) and not self._do(rule):
                return self._result
        self._store("INBOX")
        return self._result

    # Conditions

    def _values(self, name: str) -> list[str]:
        return [value for known, value in self._headers if known.lower() == name.lower()]

    def _addresses(self, *names: str) -> list[str]:
        return [address for _, address in getaddresses([v for name in names for v in self._values(name)]) if address]

    def _holds(self, condition: Condition) -> bool:  # noqa: C901, PLR0911  # one case for each kind of condition
        data, operation, parameter = condition.data.lower(), condition.operation.lower(), condition.parameter
        negative = operation.endswith("not") or operation == "not in"
        pictures = [parameter] if operation.startswith("is") else [each.strip() for each in parameter.split(",")]

        def among(values: Sequence[str], pictures: Sequence[str] = pictures) -> bool:
            return any(matches(picture, value) for picture in pictures for value in values)

        match data:
            case "from" | "sender" | "reply-to" | "to" | "cc":
                return among(self._addresses(data)) is not negative
            case "return-path":
                return among([self._arriving.sender] if self._arriving.sender else []) is not negative
            case "any to or cc":
                given = self._addresses("to", "cc")
                return any(among([each]) is not negative for each in given) if given else negative
            case "each to or cc":
                given = self._addresses("to", "cc")
                return all(among([each]) is not negative for each in given) if given else negative
            case "any recipient" | "each recipient":
                return among([self._arriving.recipient]) is not negative
            case "'from' name":
                names = [parseaddr(value)[0] for value in self._values("from")]
                return among([name for name in names if name]) is not negative
            case "subject" | "message-id":
                return among(self._values(data)) is not negative
            case "header field":
                rows = [picture.split(":", 1) for picture in pictures]
                return any(among(self._values(name.strip()), [text.strip()]) for name, text in rows) is not negative
            case "message size":
                return self._sized(operation, parameter)
            case "human generated":
                return self._human()
            case "existing mailbox":
                return any(picture in self._arriving.mailboxes for picture in pictures) is not negative
            case _:
                return self._dated(data, operation, parameter, negative)

    def _sized(self, operation: str, parameter: str) -> bool:
        factor = {"k": 1024, "m": 1024**2, "g": 1024**3}.get(parameter[-1].lower(), 1)
        limit, size = int(parameter.rstrip("kKmMgG")) * factor, len(self._arriving.data)
        return {"greater than": size > limit, "less than": size < limit, "is": size == limit}[operation]

    def _human(self) -> bool:
        head = "\n".join(f"{name}: {value}" for name, value in self._headers)
        robot = any(each.lower() in {"bulk", "junk", "list"} for each in self._values("precedence"))
        auto = self._values("auto-submitted")
        return (
            bool(self._arriving.sender)
            and not LISTS.search(head)
            and not robot
            and all(x.lower() == "no" for x in auto)
        )

    def _dated(self, data: str, operation: str, parameter: str, negative: bool) -> bool:
        now = self._arriving.now
        if data == "current day":
            return (DAYS[now.weekday()] in [each.strip().lower()[:3] for each in parameter.split(",")]) is not negative
        if data == "time of day":
            second = now.hour * 3600 + now.minute * 60 + now.second
            inside = False
            for part in parameter.split(","):
                first, last = (_second(each) for each in part.split("-"))
                inside |= first <= second <= last if first <= last else second >= first or second <= last
            return inside is not negative
        assert data == "current date", data
        day, month, year, *clock = parameter.split()
        number = f"{MONTHS.index(month.lower()[:3]) + 1:02}"
        moment = datetime.fromisoformat(f"{year}-{number}-{int(day):02}T{clock[0] if clock else '00:00:00'}")
        return now >= moment if operation == "greater than" else now < moment

    # Actions

    def _do(self, rule: Rule) -> bool:  # noqa: C901  # one case for each action
        """Do what a rule says; return whether the next one is tried."""
        goes_on, kept = True, True
        for action in rule.actions:
            match action.name.lower():
                case "store in":
                    self._store(action.parameter)
                case "mark":
                    self._mark(action.parameter)
                case "add header":
                    name, _, value = action.parameter.partition(":")
                    self._headers.append((name.strip(), value.strip()))
                    self._added.append((name.strip(), value.strip()))
                case "tag subject":
                    subject = " ".join([action.parameter, *self._values("subject")])
                    self._headers = [row for row in self._headers if row[0].lower() != "subject"]
                    self._headers.append(("Subject", subject))
                case "mirror to" | "redirect to" | "forward to":
                    self._result.sent_on |= {each.strip() for each in action.parameter.split(",")}
                case "reply with":
                    self._answer(action.parameter)
                case "reject with":
                    self._result.rejected, goes_on, kept = True, False, False
                case "discard":
                    goes_on, kept = False, False
                case "stop processing":
                    goes_on = False
                case other:
                    assert other == "remember 'from' in", other
        if not goes_on and kept:
            self._store("INBOX")
        return goes_on

    def _store(self, mailbox: str) -> None:
        subject = (self._values("subject") or [""])[0]
        self._result.copies[mailbox] = Copy(frozenset(self._flags), subject, tuple(self._added))

    def _mark(self, parameter: str) -> None:
        for word in (each.strip().lower() for each in parameter.split(",")):
            if word in FLAGS:
                self._flags.add(FLAGS[word])
            else:
                self._flags.discard(FLAGS[word.removeprefix("un").removeprefix("not").removeprefix("no")])

    def _answer(self, text: str) -> None:
        subject, body = "Re: ^S", text
        if text.startswith("+"):
            head, _, body = text[1:].partition("\n\n")
            fields = dict(line.split(":", 1) for line in head.split("\n"))
            subject = fields.get("Subject", subject).strip()
        self._result.answers.append((self._filled(subject), self._filled(body)))

    def _filled(self, text: str) -> str:
        first = {name: (self._values(name) or [""])[0] for name in ("subject", "from", "message-id", "date")}
        for macro, value in (
            ("^S", first["subject"]),
            ("^F", first["from"]),
            ("^I", first["message-id"]),
            ("^T", first["date"]),
            ("^N", parseaddr(first["from"])[0]),
        ):
            text = text.replace(macro, value)
        return text


def matches(picture: str, value: str) -> bool:
    """Compare character by character, without regard to case; an asterisk stands for anything."""
    picture, value = picture.lower(), value.lower()
    states = {0}
    for sign in value:
        states = _past_stars(picture, states)
        states = {s if picture[s] == "*" else s + 1 for s in states if s < len(picture) and picture[s] in {"*", sign}}
    return len(picture) in _past_stars(picture, states)


def _decoded(value: str) -> str:
    """Decode a header field; its line ends go, the white space behind them stays (RFC 5322 section 2.2.3)."""
    unfolded = re.sub(r"\r?\n", "", value)
    return str(make_header(decode_header(unfolded))).strip()


def _past_stars(picture: str, states: set[int]) -> set[int]:
    found = set(states)
    for state in states:
        at = state
        while at < len(picture) and picture[at] == "*":
            at += 1
            found.add(at)
    return found


def _second(text: str) -> int:
    hours, minutes, *seconds = (int(each) for each in text.strip().split(":"))
    return hours * 3600 + minutes * 60 + sum(seconds)
