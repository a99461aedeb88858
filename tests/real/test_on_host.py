"""Messages brought into Cyrus's staging as files: the same mail, and a power cut that takes all that was not synced."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest

from bench.mail import Shape
from bench.ours import Ends, ours
from bench.source import PASSWORD, address, login, source
from bench.target import ADMIN, Target, again, prepare, target
from sterna.cyrus import on_host
from sterna.cyrus.identity import uniqueids
from sterna.cyrus.mailbox_state import MailboxUpdate
from sterna.cyrus.names import internal
from sterna.cyrus.on_host import FEWEST, MEMORY, OnHostError
from sterna.cyrus.record import Record
from sterna.cyrus.replication import ReplicationWriter
from sterna.errors import SternaError
from sterna.imap.connection import Connection
from sterna.imap.spool import SpoolFile
from sterna.model.address import Address
from sterna.model.secret import Secret
from sterna.site.declaration import Server, Tls
from tests.folders import lab_folders

pytestmark = pytest.mark.real

WHO = Address.parse("anna@bench.example")
BOX = internal(WHO, ("Filed",))
LETTERS = [b"Subject: %d\r\n\r\n" % number + b"\x00\xff odd\nbytes " * (1 + number * 7 % 900) for number in range(120)]


@pytest.fixture
def folder() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="sterna-test-", dir=lab_folders()))
    made.chmod(0o711)
    yield made
    shutil.rmtree(made)


@asynccontextmanager
async def writer(store: Target, *, by_files: bool = True, killed: bool = False) -> AsyncIterator[ReplicationWriter]:
    await prepare(store, [str(WHO)])
    async with await Connection.open(Server(host="127.0.0.1", port=store.port, tls=Tls.NONE)) as connection:
        await connection.login(ADMIN, Secret(PASSWORD))
        made = ReplicationWriter(connection)
        await made.probe()
        if by_files:
            await made.stage_by_files(b"default", store.spool)
        yield made
    if not killed:
        made.leave()


def rows(letters: Sequence[bytes], first: int = 1) -> list[Record]:
    digests = (hashlib.sha1(letter).digest() for letter in letters)
    return [
        Record(
            first + number, 5, 1_200_000_000, frozenset({"\\Seen"}), 1_100_000_000 + number, len(letter), guid, False
        )
        for number, (letter, guid) in enumerate(zip(letters, digests, strict=True))
    ]


def update(records: list[Record]) -> MailboxUpdate:
    return MailboxUpdate(
        name=BOX,
        uniqueid=uniqueids(WHO, ("Filed",), 7)[0],
        partition=b"default",
        uidvalidity=7,
        last_uid=records[-1].uid,
        highestmodseq=9,
        sync_crc=0,
        owner=WHO,
        now=1_200_000_000,
        records=records,
    )


def files(store: Target) -> Path:
    name = uniqueids(WHO, ("Filed",), 7)[0].decode()
    return store.spool / "uuid" / name[0] / name[1] / name


def staging(store: Target) -> list[str]:
    return [path.name for path in (store.spool / "sync.").glob("*")]


def in_memory() -> list[str]:
    return [path.name for path in MEMORY.glob(f"sterna-staging-*-{os.getpid()}-*")]


async def test_what_comes_as_files_is_what_was_sent_and_nothing_of_it_is_left_behind(folder: Path) -> None:
    with target_of(folder) as store:
        large = SpoolFile(folder)
        large.write(b"Subject: large\r\n\r\n" + b"x" * 700_000)
        async with writer(store) as by_files:
            records = rows(LETTERS)
            last = Record(500, 5, 1_200_000_000, frozenset(), 1_100_000_000, len(large), large.sha1(), False)
            half = len(LETTERS) // 2
            messages = [(record.guid, letter) for record, letter in zip(records, LETTERS, strict=True)]
            await by_files.stage(b"default", messages[:3])  # too few for a detour
            await by_files.stage(b"default", messages[:half])
            assert any((store.spool / "sync." / name).is_symlink() for name in staging(store)), "not by files"
            await by_files.stage(b"default", [*messages[half:], (large.sha1(), large)])
            await by_files.apply(update([*records, last]))
            await by_files.restart()
            assert await by_files.records(BOX) == [*records, last]
            assert (staging(store), in_memory()) == ([], [])
            await by_files.stage(b"default", messages[:FEWEST])
            await by_files.restart()
        for record, letter in zip(records, LETTERS, strict=True):
            assert (files(store) / f"{record.uid}.").read_bytes() == letter
        assert (files(store) / "500.").stat().st_nlink == 1
        assert (staging(store), in_memory()) == ([], [])


async def test_bytes_that_are_not_what_they_should_be_are_refused_and_what_a_killed_pass_left_is_removed(
    folder: Path,
) -> None:
    with target_of(folder) as store:
        records = rows(LETTERS)
        messages = [(record.guid, letter) for record, letter in zip(records, LETTERS, strict=True)]
        async with writer(store, killed=True) as by_files:
            await by_files.stage(b"default", messages)
            here = next(path for path in (store.spool / "sync.").glob("sterna-staging-*") if path.is_dir())
            (here / records[3].guid.hex()).write_bytes(b"Subject: a torn page\r\n\r\n")
            with pytest.raises(SternaError):
                await by_files.apply(update(records))
        gone = pid_of_the_dead()
        for path in [*here.parent.glob("sterna-staging-*"), *(MEMORY / name for name in in_memory())]:
            path.rename(path.with_name(path.name.replace(f"-{os.getpid()}-", f"-{gone}-")))
        (here.parent / "sterna-staging-00000000-1-before-the-power-cut").mkdir()
        (here.parent / "4711").symlink_to(MEMORY / "sterna-staging-00000000-1-before-the-power-cut")
        async with writer(store) as by_files:
            assert await by_files.header(BOX) is None or await by_files.records(BOX) == []
            assert staging(store) == []
            await by_files.stage(b"default", messages)
            await by_files.apply(update(records))
            await by_files.restart()
            assert await by_files.records(BOX) == records
        assert in_memory() == []


def test_a_pass_whose_site_names_the_spool_brings_what_the_source_has_and_a_second_one_nothing(folder: Path) -> None:
    shapes = {address(number): {"INBOX": Shape(60, 3_000), "Sent": Shape(25, 30_000)} for number in range(2)}
    with source(folder / "old", shapes) as old, target(folder / "store", old.accounts) as store:
        before = set(MEMORY.glob("sterna-staging-*"))
        site = ours(folder / "site", Ends(old.port, store.port, old.accounts, 2, store.spool))
        site.copy(folder / "first", limit_s=50)
        for who in old.accounts:
            for box in shapes[who]:
                assert letters(store.port, who, box) == letters(old.port, who, box)
        site.copy(folder / "second", "--json", limit_s=50)
        assert store.messages(old.accounts) == old.messages
        left = set(MEMORY.glob("sterna-staging-*")) - before
        assert (staging(store), left) == ([], set())


async def test_a_folder_that_is_not_the_partition_is_refused_before_anything_is_written(folder: Path) -> None:
    with target_of(folder) as store:
        async with writer(store, by_files=False) as by_files:
            elsewhere = folder / "elsewhere"
            elsewhere.mkdir()
            for wrong in (elsewhere, folder / "missing"):
                with pytest.raises(OnHostError, match="no mailbox was touched"):
                    await by_files.stage_by_files(b"default", wrong)
            assert staging(store) == []


@pytest.mark.parametrize("durable", [True, False], ids=["synced", "not-synced"])
async def test_after_a_power_cut_every_message_that_the_index_names_is_there(
    folder: Path, monkeypatch: pytest.MonkeyPatch, durable: bool
) -> None:
    if not durable:  # the counterproof: without the one sync the same cut loses mail, so the cut is a real one
        monkeypatch.setattr(on_host, "_libc", Careless())
    disk, cut, place = folder / "disk", folder / "cut", folder / "mounted"
    place.mkdir()
    with disk.open("wb") as image:
        image.truncate(96 << 20)
    run("mkfs.ext4", "-q", "-F", str(disk))
    records = rows(LETTERS)
    with mounted(disk, place), target_of(place) as store:
        async with writer(store) as by_files:
            os.sync()
            await by_files.stage(b"default", [(r.guid, letter) for r, letter in zip(records, LETTERS, strict=True)])
            await by_files.apply(update(records))
            # What the disk has been given until now; all else is in the memory of a machine without power.
            run("cp", "--sparse=always", str(disk), str(cut))
    with mounted(cut, place), again(place / "store") as store:
        async with writer(store) as after:
            held = await after.records(BOX)
            assert [(row.uid, row.guid) for row in held] == [(row.uid, row.guid) for row in records]
            found = [(files(store) / f"{row.uid}.").read_bytes() for row in held]
            assert (found == LETTERS) is durable


def letters(port: int, who: str, box: str) -> list[object]:
    """Every message as a mail client sees it."""
    with login(port, who) as client:
        client.select(box, readonly=True)
        rows = client.fetch("1:*", "(UID INTERNALDATE BODY.PEEK[])")[1]
        return [part for row in rows if isinstance(row, tuple) for part in row[1:]]


class Careless:
    """A disk that is never told to keep anything."""

    def syncfs(self, _: int) -> int:
        return 0


@contextmanager
def target_of(folder: Path) -> Iterator[Target]:
    with target(folder / "store", ()) as store:
        yield store


@contextmanager
def mounted(image: Path, place: Path) -> Iterator[None]:
    """A file system whose journal is not written by itself while the test lasts."""
    run("mount", "-o", "loop,commit=600", str(image), str(place))
    place.chmod(0o711)
    try:
        yield
    finally:
        run("umount", "--lazy", str(place))


def pid_of_the_dead() -> int:
    process = subprocess.Popen(["true"])
    process.wait()
    return process.pid


def run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)
