"""Feeding one stream in every way it can be split, and making streams to feed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from hypothesis import strategies as st


def cut(data: bytes, places: Iterable[int]) -> Iterator[bytes]:
    """Yield `data` in parts that end at `places`; none is empty."""
    before = 0
    for place in sorted({place % (len(data) + 1) for place in places} | {len(data)}):
        if place > before:
            yield data[before:place]
            before = place


CUTS = st.lists(st.integers(0, 10_000), max_size=12)

WAYS: dict[str, Callable[[bytes], Iterable[bytes]]] = {
    "whole": lambda data: [data],
    "byte by byte": lambda data: cut(data, range(len(data))),
    "in two halves": lambda data: cut(data, [len(data) // 2]),
    "before each line end": lambda data: cut(data, [at for at in range(len(data)) if data[at : at + 2] == b"\r\n"]),
    "between CR and LF": lambda data: cut(data, [at + 1 for at in range(len(data)) if data[at : at + 2] == b"\r\n"]),
}

IMAP_BYTES = st.lists(
    st.one_of(
        st.sampled_from(
            [
                *(
                    b"* ",
                    b"T1 ",
                    b"T2 ",
                    b"+ ",
                    b"OK",
                    b" NO ",
                    b"BAD",
                    b"\r\n",
                    b"\r",
                    b"\n",
                    b"(",
                    b")",
                    b" ",
                    b'"',
                    b"\\",
                ),
                *(
                    b"{3}\r\n",
                    b"{0}\r\n",
                    b"{2+}\r\n",
                    b"{99999999999}\r\n",
                    b"NIL",
                    b"[",
                    b"]",
                    b"<0>",
                    b"1",
                    b"4294967296",
                ),
                *(
                    b"FETCH ",
                    b"UID ",
                    b"FLAGS ",
                    b"\\Seen",
                    b"INTERNALDATE ",
                    b"BODY[] ",
                    b"RFC822.SIZE ",
                    b"SEARCH",
                    b"ESEARCH",
                ),
                *(
                    b"LIST ",
                    b"STATUS ",
                    b"EXISTS",
                    b"BYE ",
                    b"CAPABILITY ",
                    b"NAMESPACE ",
                    b"ID ",
                    b"1:*",
                    b"1:3,5",
                    b"ALL ",
                ),
                b'" 1-Jan-1970 00:00:00 +0000"',
            ]
        ),
        st.binary(max_size=4),
    ),
    max_size=24,
).map(b"".join)
"""Bytes that look enough like IMAP to reach deep into a reader."""
