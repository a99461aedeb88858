r"""Understand the texts of automatic answers.

A text is the answer's body, or, after a ``+``, its header fields, an empty line and the body. ``^S``, ``^F``, ``^I``,
``^T`` and ``^N`` stand for subject, sender, message-id, date and sender's name of the message that is answered.
"""

from __future__ import annotations

import re

from sterna.model.address import Address, AddressError
from sterna.model.filter import Answer, Macro, Template

_MACROS = {
    "S": Macro.SUBJECT,
    "F": Macro.SENDER,
    "I": Macro.MESSAGE_ID,
    "T": Macro.DATE,
    "N": Macro.SENDER_NAME,
}
_MACRO = re.compile(r"\^([SFITN])")
_USUAL: Template = ("Re: ", Macro.SUBJECT)
_MADE_BY_THE_SERVER = frozenset(
    {"in-reply-to", "references", "mime-version", "content-transfer-encoding", "date", "to"}
)
"""Header fields that every answer gets anyway."""


def read_reply(text: str, account: Address, own: frozenset[Address]) -> tuple[Answer, list[str]]:
    """Return the answer and in what it differs from what the source would send.

    Args:
        text: the parameter of ``Reply with``.
        account: who answers.
        own: all addresses in whose name may be answered.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    differences: list[str] = []
    if not text.startswith("+"):
        return Answer(_USUAL, _template(text)), differences
    head, _, body = text[1:].partition("\n\n")
    subject: Template = _USUAL
    content_type, sender = "", None
    for line in re.sub(r"\n[ \t]+", " ", head).split("\n"):
        name, colon, value = (part.strip() for part in line.partition(":"))
        match name.lower():
            case "":
                continue
            case "subject":
                subject = _template(value)
            case "content-type":
                content_type = _content_type(value, differences)
            case "from":
                sender = _sender(value, account, own, differences)
            case known if known in _MADE_BY_THE_SERVER:
                continue
            case _:
                differences.append(f"its header field {name if colon else line!r} is left out of the answer")
    return Answer(subject, _template(body), content_type, sender), differences


def _template(text: str) -> Template:
    pieces = _MACRO.split(text)
    parts = [_MACROS[piece] if place % 2 else piece for place, piece in enumerate(pieces)]
    return tuple(part for part in parts if part != "")


def _content_type(value: str, differences: list[str]) -> str:
    kind = value.partition(";")[0].strip().lower()
    if kind in {"", "text/plain"}:
        return ""
    if kind == "text/html":
        return "text/html; charset=utf-8"
    differences.append(f"its Content-Type {kind} is left out; the answer is plain text")
    return ""


def _sender(value: str, account: Address, own: frozenset[Address], differences: list[str]) -> Address | None:
    bracketed = re.search(r"<([^<>]*)>", value)
    try:
        address = Address.parse(bracketed[1] if bracketed else value, domain=account.domain)
    except AddressError:
        address = None
    if address in own:
        return address
    differences.append(f"it is sent in the name of {account}, not of {value}")
    return None
