"""Puts letters together by hand, as bytes with CRLF: header lines, parts, transfer encodings (RFC 2045, 2047).

By hand, because mail programs of that time wrote things that Python's own email package would tidy up, and because
three thousand letters have to be ready in about a second.
"""

from __future__ import annotations

import base64
import binascii
import random
from dataclasses import dataclass
from datetime import UTC, datetime

from sterna.lab.source.prose import VOICES, Voice

CRLF = b"\r\n"
_BLOCK_BYTES = 57 * 9000
"""A whole number of base64 lines, half a megabyte; making more of it anew would only cost time."""

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_ZONES = ("+0000", "+0100", "+0200", "-0500", "+0900", "-0000", "GMT", "+0530")


@dataclass(frozen=True, slots=True)
class Part:
    """One MIME entity: its header lines without CRLF, and its encoded body, which ends with CRLF."""

    headers: tuple[bytes, ...]
    body: bytes

    def data(self) -> bytes:
        """Return the entity's bytes."""
        return CRLF.join((*self.headers, b"", self.body))


def encoded_word(text: str, voice: Voice, *, quoted: bool) -> bytes:
    """Return `text` for a header field: plain ASCII as it is, all else as encoded words of at most 75 bytes."""
    if text.isascii():
        return text.encode("ascii")
    words = []
    for start in range(0, len(text), 12):
        raw = text[start : start + 12].encode(voice.codec, "replace")
        if quoted and len(raw) < 20:
            inner = binascii.b2a_qp(raw, quotetabs=True, header=True).replace(b"?", b"=3F")
            words.append(b"=?" + voice.charset.encode() + b"?Q?" + inner + b"?=")
        else:
            words.append(b"=?" + voice.charset.encode() + b"?B?" + base64.b64encode(raw) + b"?=")
    return b"\r\n ".join(words)


def date_header(rng: random.Random, moment: int) -> bytes:
    """Return a Date field for Unix time `moment`; the zone is the writer's, the time of day is not converted."""
    when = datetime.fromtimestamp(moment, UTC)
    day, month = _DAYS[when.weekday()], _MONTHS[when.month - 1]
    return f"Date: {day}, {when.day} {month} {when.year} {when:%H:%M:%S} {rng.choice(_ZONES)}".encode()


def paragraphs(rng: random.Random, voice: Voice, count: int) -> str:
    """Return `count` paragraphs of a few sentences each, with LF between lines."""
    lines: list[str] = []
    for _ in range(count):
        lines += rng.choices(voice.sentences, k=rng.randint(1, 5))
        lines.append("")
    return "\n".join(lines)


def encode_body(raw: bytes, encoding: str) -> bytes:
    """Return `raw`, whose lines end with LF, in a transfer encoding, with CRLF at the end of every line."""
    if encoding == "base64":
        return base64_lines(raw.replace(b"\n", CRLF))
    if encoding == "quoted-printable":
        raw = binascii.b2a_qp(raw, istext=True)
    body = raw.replace(b"\n", CRLF)
    return body if body.endswith(CRLF) else body + CRLF


def base64_lines(raw: bytes) -> bytes:
    """Return `raw` as base64 in lines of 76 characters, each ended by CRLF."""
    text = base64.b64encode(raw)
    return b"".join(text[at : at + 76] + CRLF for at in range(0, len(text), 76))


def text_part(text: str, voice: Voice, kind: str = "plain") -> Part:
    """Return a text part of `voice`'s character set and encoding."""
    headers = [f"Content-Type: text/{kind}; charset={voice.charset}", f"Content-Transfer-Encoding: {voice.encoding}"]
    body = encode_body(text.encode(voice.codec, "replace"), voice.encoding)
    return Part(tuple(line.encode() for line in headers), body)


def html_part(text: str, voice: Voice) -> Part:
    """Return `text` as a simple HTML part."""
    rows = "".join(f"<p>{line.replace('&', '&amp;')}</p>\n" for line in text.splitlines() if line)
    return text_part(f"<html><head><title></title></head><body>\n{rows}</body></html>\n", voice, "html")


def attachment(rng: random.Random, size_bytes: int) -> Part:
    """Return an attachment whose content has about `size_bytes` random bytes, repeated after each `_BLOCK_BYTES`."""
    kind, name = rng.choice(
        (
            ("application/pdf", 'filename="Angebot.pdf"'),
            ("image/jpeg", "filename=IMG_0042.JPG"),
            ("application/msword", "filename*=utf-8''Protokoll%20M%C3%A4rz.doc"),
            ("application/zip", 'filename="=?iso-8859-1?Q?Entw=FCrfe.zip?="'),
            ("application/octet-stream", 'filename="' + "sehr-langer-name-" * 5 + '.bin"'),
        )
    )
    headers = (
        f"Content-Type: {kind}",
        "Content-Transfer-Encoding: base64",
        f"Content-Disposition: attachment;\r\n {name}",
    )
    block = base64_lines(rng.randbytes(min(size_bytes, _BLOCK_BYTES)))
    return Part(tuple(line.encode() for line in headers), block * max(1, round(size_bytes / _BLOCK_BYTES)))


def nested(message: bytes) -> Part:
    """Return a whole letter as a part (RFC 2046 section 5.2.1)."""
    return Part((b"Content-Type: message/rfc822", b"Content-Disposition: inline"), message)


def multipart(rng: random.Random, kind: str, parts: tuple[Part, ...], *, closed: bool = True) -> Part:
    """Return `parts` under a boundary of their own; not `closed` leaves the last delimiter away, which is an error."""
    boundary = rng.choice((b"----=_NextPart_%03d", b"=-%d=_lab", b"Apple-Mail-%d--", b"(%d) of parts")) % rng.randint(
        1, 999
    )
    boundary += b"_%08x" % rng.getrandbits(32)
    pieces = [b"This is a multi-part message in MIME format.\r\n"]
    for part in parts:
        pieces += [b"--", boundary, CRLF, part.data(), CRLF]
    if closed:
        pieces += [b"--", boundary, b"--", CRLF]
    head = b'Content-Type: multipart/%s;\r\n\tboundary="%s"' % (kind.encode(), boundary)
    return Part((head,), b"".join(pieces))


def voice_of(rng: random.Random, weights: tuple[int, ...]) -> Voice:
    """Return the voice that writes next."""
    return rng.choices(VOICES, weights)[0]
