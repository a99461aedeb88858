"""Archives that are damaged, or made to lead out of the tree."""

import contextlib
import gzip
import io
import tarfile
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sterna.communigate.raw import RawAccount
from sterna.communigate.tree.archive import ArchiveFiles
from sterna.communigate.tree.files import TreeFileError, TreeUnusableError
from sterna.communigate.tree.reader import TreeReader
from tests.unit.communigate.tree.sample import write_archive, write_tree


@pytest.fixture
def opened():
    """Opens archives, and closes them at the end."""
    with contextlib.ExitStack() as stack:
        yield lambda path: stack.enter_context(contextlib.closing(ArchiveFiles(path)))


def member(name: str, data: bytes = b"", **changes: object) -> tuple[tarfile.TarInfo, io.BytesIO]:
    info = tarfile.TarInfo(name)
    info.size = len(data)
    for key, value in changes.items():
        setattr(info, key, value)
    return info, io.BytesIO(data)


def packed(path, *members):
    with tarfile.open(path, "w") as tar:
        for info, data in members:
            tar.addfile(info, data)
    return path


def test_names_that_lead_out_of_the_tree_are_not_read(tmp_path, opened):
    path = packed(
        tmp_path / "x.tar",
        member("Accounts/a.macnt/account.settings", b"{}"),
        member("Accounts/../../etc/passwd.settings", b"{}"),
        member("/Accounts/b.macnt/account.settings", b"{}"),
        member("./Accounts/c.macnt/account.settings", type=tarfile.SYMTYPE, linkname="/etc/shadow"),
        member("Accounts/d.macnt/account.settings", type=tarfile.LNKTYPE, linkname="Accounts/a.macnt/account.settings"),
        member("Accounts/e.settings", type=tarfile.CHRTYPE),
    )
    files = opened(path)
    assert [entry.name for entry in files.entries(("Accounts",))] == [*(f"{x}.macnt" for x in "abcd"), "e.settings"]
    for name in "ab":
        assert files.read(("Accounts", f"{name}.macnt", "account.settings")) == b"{}"
    for name in "cd":
        with pytest.raises(TreeFileError):
            files.read(("Accounts", f"{name}.macnt", "account.settings"))
    damage = " ".join(files.damage())
    assert "1 of its members is not read: its name leads out" in damage
    assert "3 of its members are not read: it is a link or no ordinary file" in damage


def test_the_last_of_two_members_of_one_name_counts(tmp_path, opened):
    name = "Accounts/a.settings"
    files = opened(packed(tmp_path / "x.tar", member(name, b"old"), member(name, b"newer")))
    assert files.read(("Accounts", "a.settings")) == b"newer"


@pytest.mark.parametrize("mode", ["w", "w:gz"])
@pytest.mark.parametrize("share", [0.2, 0.5, 0.8])
def test_a_cut_archive_is_told_and_what_is_whole_is_read(tmp_path, opened, mode, share):
    path = write_archive(tmp_path / "x.tar", write_tree(tmp_path / "base"), mode=mode)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    try:
        files = opened(path)
    except TreeUnusableError:
        assert mode == "w:gz"
        return
    assert files.damage()


def test_settings_before_the_damage_are_read_and_the_damage_is_a_finding(tmp_path):
    path = write_archive(tmp_path / "x.tar", write_tree(tmp_path / "base"))
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) - 1024 * 12] + b"\xff" * 1024)
    reader = TreeReader(path, main_domain="lab.example")
    places, _ = reader.places("lab.example")
    read = [reader.account(place, "lab.example") for place in places]
    assert any(isinstance(each, RawAccount) for each in read)
    assert any("cut or damaged after" in finding.why for finding in reader.server().findings)
    reader.close()


@settings(max_examples=60, deadline=None)
@given(
    mode=st.sampled_from(["w", "w:gz"]),
    changes=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), max_size=4),
    share=st.floats(0, 1),
)
def test_any_damage_gives_a_tree_or_one_clear_error(tmp_path_factory, mode, changes, share):
    folder = tmp_path_factory.mktemp("archive")
    path = write_archive(folder / "x.tar", write_tree(folder / "base"), mode=mode)
    broken = bytearray(path.read_bytes())
    for place, byte in changes:
        broken[int(place * len(broken))] = byte
    path.write_bytes(broken[: int(share * len(broken))])
    with contextlib.suppress(TreeUnusableError):
        reader = TreeReader(path, main_domain="lab.example")
        reader.server()
        for domain in reader.domains():
            reader.domain(domain)
            places, _ = reader.places(domain)
            for place in places:
                reader.account(place, domain)
        reader.close()


def test_memory_does_not_grow_with_the_mail_in_an_archive(tmp_path, opened):
    path = tmp_path / "x.tar.gz"
    message = b"x" * 50_000
    with gzip.open(path, "wb", compresslevel=1) as file, tarfile.open(fileobj=file, mode="w|") as tar:
        tar.addfile(*member("Accounts/a.macnt/account.settings", b"{}"))
        for number in range(2000):
            tar.addfile(*member(f"Accounts/a.macnt/INBOX.mdir/{number}", message))
        tar.addfile(*member("Accounts/a.macnt/Old.mbox", message * 100))
    tracemalloc.start()
    try:
        files = opened(path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert files.size(("Accounts", "a.macnt", "INBOX.mdir")) == 2000 * len(message)
    assert peak < 2_000_000
