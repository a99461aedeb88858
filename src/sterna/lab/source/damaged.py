"""Letters that no standard allows and that every old server holds: each damage is a function of a sound letter."""

from __future__ import annotations

import random
import re
from collections.abc import Callable

Damage = Callable[[random.Random, bytes], bytes]


def raw_eight_bit_header(rng: random.Random, letter: bytes) -> bytes:
    """A subject in bytes of no declared character set."""
    subject = rng.choice(
        ("Grüße aus Köln".encode("latin-1"), "Привет".encode("koi8-r"), "Über".encode(), b"\xff\xfe\x80")
    )
    return re.sub(rb"(?m)^Subject: [^\r]*", lambda _: b"Subject: " + subject, letter, count=1)


def no_date(_rng: random.Random, letter: bytes) -> bytes:
    """No Date field at all."""
    return re.sub(rb"(?m)^Date: [^\r]*\r\n", b"", letter, count=1)


def impossible_date(rng: random.Random, letter: bytes) -> bytes:
    """A Date that no calendar has."""
    wrong = rng.choice(
        (b"Date: Thu, 31 Feb 2099 25:61:00 +9900", b"Date: yesterday", b"Date: 1/2/03 4:05 PM", b"Date:")
    )
    return re.sub(rb"(?m)^Date: [^\r]*", wrong, letter, count=1)


def very_long_line(rng: random.Random, letter: bytes) -> bytes:
    """A line far beyond the 998 bytes of RFC 5322 section 2.1.1."""
    return letter + b"x" * rng.randint(2_000, 40_000) + b"\r\n"


def unknown_charset(_rng: random.Random, letter: bytes) -> bytes:
    """A character set that nobody knows."""
    return re.sub(rb"charset=[A-Za-z0-9-]+", b"charset=x-unknown-8bit", letter)


def no_final_newline(_rng: random.Random, letter: bytes) -> bytes:
    """The last line is not ended."""
    return letter.rstrip(b"\r\n")


def header_only(_rng: random.Random, letter: bytes) -> bytes:
    """Header fields, then nothing: not even the empty line that ends them."""
    return letter.partition(b"\r\n\r\n")[0] + b"\r\n"


def no_header(_rng: random.Random, letter: bytes) -> bytes:
    """A body from the first byte on: it begins with an empty line."""
    return b"\r\n" + letter.partition(b"\r\n\r\n")[2]


def unclosed_boundary(_rng: random.Random, letter: bytes) -> bytes:
    """The last delimiter of a multipart is missing, as after a cut transfer."""
    return re.sub(rb"\r\n--[^\r\n]+--\r\n\Z", b"\r\n", letter)


def cut_base64(rng: random.Random, letter: bytes) -> bytes:
    """A base64 part whose text stops in the middle of a group of four."""
    return letter + b"Content-Transfer-Encoding: base64\r\n\r\nQUJDREVGR0hJSktMTU5P" + b"U" * rng.randint(1, 3)


def odd_header_lines(_rng: random.Random, letter: bytes) -> bytes:
    """A mailbox file's From line, a field without a name, a field name with a space, an empty fold."""
    return b">From someone Thu Jan  1 00:00:00 2004\r\n: no name\r\nX Odd : yes\r\nX-Empty:\r\n \r\n" + letter


def lone_carriage_returns(_rng: random.Random, letter: bytes) -> bytes:
    """CR without LF inside lines, as old Macintosh programs left them."""
    return letter + b"one\rtwo\rthree\r\n"


DAMAGES: tuple[Damage, ...] = (
    raw_eight_bit_header,
    no_date,
    impossible_date,
    very_long_line,
    unknown_charset,
    no_final_newline,
    header_only,
    no_header,
    unclosed_boundary,
    cut_base64,
    odd_header_lines,
    lone_carriage_returns,
)
"""Every damage; each is as likely as any other."""
