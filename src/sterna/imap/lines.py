"""Line ends of messages that come from files: IMAP serves CRLF (RFC 9051 section 2.3.4 by way of RFC 5322). Pure."""

from __future__ import annotations

from collections.abc import Iterator


def with_crlf(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Yield the bytes with each bare LF made CRLF; a CR without LF stays. Chunks may be cut anywhere."""
    after_cr = False
    for chunk in chunks:
        text = (b"\r" if after_cr else b"") + chunk
        # A CR at the end waits: it may belong to a line feed that comes.
        after_cr = text.endswith(b"\r")
        whole = text[:-1] if after_cr else text
        yield whole.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    if after_cr:
        yield b"\r"
