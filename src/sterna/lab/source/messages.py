"""The letters: a seeded generator of what lay in mailboxes between 2003 and 2012, the damaged ones among them.

The same seed, place and number give the same bytes on every machine. The bytes are as IMAP serves them, with CRLF;
that some are kept on disk with LF is the store's affair.
"""

from __future__ import annotations

import random
from collections.abc import Callable

from sterna.lab.source import mime
from sterna.lab.source.damaged import DAMAGES
from sterna.lab.source.mime import CRLF, Part
from sterna.lab.source.prose import HOSTS, VOICE_WEIGHTS, Voice

MEGABYTE = 1024 * 1024
ATTACHMENT_BYTES = 36 * 1024
"""Mean size of an ordinary attachment, which makes the mean letter about 12 KB."""


def compose(rng: random.Random, recipient: str, moment: int) -> bytes:
    """Return one letter to `recipient`, dated Unix time `moment`."""
    draft = _Draft(rng, recipient, moment)
    kind = rng.choices(_KINDS, _WEIGHTS)[0]
    return kind(draft)


def compose_large(rng: random.Random, recipient: str, moment: int, size_bytes: int) -> bytes:
    """Return a letter of about `size_bytes`, nearly all of it one attachment."""
    draft = _Draft(rng, recipient, moment)
    text = mime.text_part(mime.paragraphs(rng, draft.voice, 2), draft.voice)
    return draft.letter(mime.multipart(rng, "mixed", (text, mime.attachment(rng, size_bytes * 57 // 78))))


class _Draft:
    """What every letter of one writer has in common."""

    def __init__(self, rng: random.Random, recipient: str, moment: int) -> None:
        self.rng = rng
        self.recipient = recipient
        self.moment = moment
        self.voice: Voice = mime.voice_of(rng, VOICE_WEIGHTS)

    def message_id(self) -> bytes:
        return b"<%x.%08x@%s>" % (self.moment, self.rng.getrandbits(32), self.rng.choice(HOSTS).encode())

    def word(self, text: str) -> bytes:
        return mime.encoded_word(text, self.voice, quoted=self.rng.choice((True, False)))

    def headers(self) -> list[bytes]:
        rng, name = self.rng, self.rng.choice(self.voice.names)
        sender = b"writer%d@%s" % (rng.randint(1, 99), rng.choice(HOSTS).encode())
        shown = self.word(name) if not name.isascii() else b'"' + name.encode() + b'"'
        return [
            b"Return-Path: <" + sender + b">",
            b"Received: from mx%d.example ([192.0.2.%d])\r\n\tby mail.lab.example (CommuniGate Pro SMTP 5.2.3)\r\n"
            b"\twith ESMTP id %d for %s" % (rng.randint(1, 4), rng.randint(1, 254), rng.getrandbits(27), self.to),
            b"From: " + shown + b" <" + sender + b">",
            b"To: " + self.to,
            b"Subject: " + self.word(rng.choice(self.voice.subjects)),
            mime.date_header(rng, self.moment),
            b"Message-ID: " + self.message_id(),
            b"MIME-Version: 1.0",
        ]

    @property
    def to(self) -> bytes:
        return self.recipient.encode()

    def text(self, count: int | None = None) -> str:
        return mime.paragraphs(self.rng, self.voice, count or self.rng.choice((1, 1, 2, 3, 5, 12)))

    def letter(self, content: Part, *more: bytes) -> bytes:
        return CRLF.join((*self.headers(), *more, *content.headers, b"", content.body))


def _plain(draft: _Draft) -> bytes:
    return draft.letter(mime.text_part(draft.text(), draft.voice))


def _short(draft: _Draft) -> bytes:
    """A letter of about 300 bytes."""
    note = b"This is cron on lab.example. The nightly run is done, nothing was wrong, and nobody need do anything."
    head = (b"From: cron@lab.example", b"To: " + draft.to, mime.date_header(draft.rng, draft.moment))
    return CRLF.join((*head, b"Message-ID: " + draft.message_id(), b"Subject: cron", b"", note, b""))


def _alternative(draft: _Draft) -> bytes:
    text = draft.text()
    parts = (mime.text_part(text, draft.voice), mime.html_part(text, draft.voice))
    return draft.letter(
        mime.multipart(draft.rng, "alternative", parts), b"X-Mailer: Microsoft Outlook Express 6.00.2800.1106"
    )


def _with_attachments(draft: _Draft) -> bytes:
    rng = draft.rng
    sizes = (int(rng.expovariate(1 / ATTACHMENT_BYTES)) + 200 for _ in range(rng.choice((1, 1, 1, 2))))
    parts = (mime.text_part(draft.text(1), draft.voice), *(mime.attachment(rng, size) for size in sizes))
    return draft.letter(mime.multipart(rng, "mixed", parts))


def _reply(draft: _Draft) -> bytes:
    references = b"\r\n\t".join(draft.message_id() for _ in range(draft.rng.choice((2, 5, 40))))
    quoted = "".join(f"> {line}\n" for line in draft.text(2).splitlines())
    part = mime.text_part(f"{draft.text(1)}\n{quoted}", draft.voice)
    return draft.letter(part, b"In-Reply-To: " + draft.message_id(), b"References: " + references)


def _list_post(draft: _Draft) -> bytes:
    name = draft.rng.choice((b"seglerinnen", b"linux-kernel", b"cyrus-devel"))
    fields = (
        b"X-ListServer: CommuniGate Pro LIST 5.2.3",
        b"List-ID: <" + name + b".lab.example>",
        b"List-Unsubscribe: <mailto:" + name + b"-off@lab.example>",
        b"Precedence: list",
        b"Reply-To: " + name + b"@lab.example",
        b"Sender: " + name + b"-report@lab.example",
    )
    footer = f"\n--\nlist {name.decode()}\n"
    return draft.letter(mime.text_part(draft.text() + footer, draft.voice), *fields)


def _bounce(draft: _Draft) -> bytes:
    """A delivery report (RFC 3464) with an empty return path."""
    report = Part(
        (b"Content-Type: message/delivery-status",),
        b"Reporting-MTA: dns; mail.lab.example\r\n\r\nFinal-Recipient: rfc822; nobody@outside.example\r\n"
        b"Action: failed\r\nStatus: 5.1.1\r\nDiagnostic-Code: smtp; 550 no such user\r\n",
    )
    parts = (
        mime.text_part("Failed to deliver to 'nobody@outside.example'\n", draft.voice),
        report,
        mime.nested(_plain(draft)),
    )
    content = mime.multipart(draft.rng, "report; report-type=delivery-status", parts)
    own = (b"Return-Path: <>", b"From: <MAILER-DAEMON@lab.example>", b"To: " + draft.to, b"Subject: Undeliverable mail")
    date = mime.date_header(draft.rng, draft.moment)
    return CRLF.join((*own, date, b"MIME-Version: 1.0", *content.headers, b"", content.body))


def _forwarded(draft: _Draft) -> bytes:
    inner = _alternative(draft)
    for _ in range(draft.rng.choice((1, 1, 3))):
        parts = (mime.text_part(draft.text(1), draft.voice), mime.nested(inner))
        inner = draft.letter(mime.multipart(draft.rng, "mixed", parts))
    return inner


def _invitation(draft: _Draft) -> bytes:
    event = "BEGIN:VCALENDAR\nMETHOD:REQUEST\nBEGIN:VEVENT\nUID:%d\nSUMMARY:Treffen\nEND:VEVENT\nEND:VCALENDAR\n"
    calendar = mime.text_part(event % draft.moment, draft.voice, "calendar; method=REQUEST")
    return draft.letter(
        mime.multipart(draft.rng, "alternative", (mime.text_part(draft.text(1), draft.voice), calendar))
    )


def _damaged(draft: _Draft) -> bytes:
    whole = draft.rng.choice((_plain, _alternative, _reply))(draft)
    return draft.rng.choice(DAMAGES)(draft.rng, whole)


_KINDS: tuple[Callable[[_Draft], bytes], ...] = (
    _plain,
    _short,
    _alternative,
    _with_attachments,
    _reply,
    _list_post,
    _bounce,
    _forwarded,
    _invitation,
    _damaged,
)
_WEIGHTS = (24, 4, 18, 16, 12, 10, 3, 4, 2, 7)
