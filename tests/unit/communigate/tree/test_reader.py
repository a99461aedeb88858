"""What is read from a base directory, whether it is a folder or an archive."""

import os
from pathlib import Path

import pytest

from sterna.communigate.mailboxes import read_mailboxes
from sterna.communigate.raw import RawAccount
from sterna.communigate.settings import merge_settings
from sterna.communigate.tree.files import TreeUnusableError
from sterna.communigate.tree.reader import TreeReader
from sterna.model.finding import Finding, Outcome
from tests.unit.communigate.tree.sample import FILES, write_archive, write_tree


def pack(kind: str, folder: Path, files: dict[str, str] | None = None) -> Path:
    base = write_tree(folder / "base", files)
    if kind == "folder":
        return base
    return write_archive(folder / "copy.tar", base, mode="w" if kind == "tar" else f"w:{kind}")


@pytest.fixture(params=["folder", "tar", "gz", "xz"])
def reader(request, tmp_path):
    opened = TreeReader(pack(request.param, tmp_path))
    yield opened
    opened.close()


def accounts(reader: TreeReader, domain: str) -> dict[str, RawAccount | Finding]:
    places, _ = reader.places(domain)
    return {place.name: reader.account(place, domain) for place in places}


def account(reader: TreeReader, name: str, domain: str = "lab.example") -> RawAccount:
    found = accounts(reader, domain)[name]
    assert isinstance(found, RawAccount)
    return found


def test_the_main_domain_is_first_and_has_its_name_from_the_servers_settings(reader):
    assert reader.domains() == ["lab.example", "fjord.example"]


def test_accounts_of_every_form_are_found(reader):
    found = accounts(reader, "lab.example")
    kinds = {name: each.kind for name, each in found.items() if isinstance(each, RawAccount)}
    assert kinds == {"anna": "macnt", "single": "mbox", "john": "macnt"}
    assert list(accounts(reader, "fjord.example")) == ["kari"]


def test_settings_are_the_accounts_own_and_what_it_inherits_is_beside_them(reader):
    anna = account(reader, "anna")
    assert anna.explicit["MaxAccountSize"] == "500M"
    assert anna.explicit["Password"] == "\x02{SHA}abc"
    assert anna.rights == ("Master",)
    assert anna.aliases is None
    assert anna.rpop_seen == {"home": b"uid1\nuid2\n"}
    assert anna.files == {"page.html": {"Size": 3}}
    assert anna.prefs == {"SentBox": "Gesendet"}
    kari = account(reader, "kari", "fjord.example")
    assert kari.explicit["RealName"] == "Kari Nord"
    inherited = merge_settings(kari.explicit, kari.defaults.domain, kari.defaults.server)
    assert (inherited["MaxAccountSize"], inherited["QuotaAlert"]) == ("120M", "80")
    assert kari.defaults.server_prefs == {"SentBox": "Sent Items"}


def test_a_service_class_gives_settings_and_the_template_gives_none(reader):
    john = account(reader, "john")
    merged = merge_settings(john.explicit, john.defaults.domain, john.defaults.server)
    assert merged["MaxAccountSize"] == "1M"
    assert reader.domain("lab.example").template == {"MaxAccountSize": "7M"}


def test_mailboxes_are_the_files_with_what_the_info_file_says_of_them(reader):
    anna = account(reader, "anna")
    assert anna.mailboxes == {
        "INBOX": {"Access": {}, "Size": 10},
        "Work": ({"Size": 5},),
        "Work/Projects": {"Access": {"bob": "lrs"}, "Size": 15},
        "Only": (),
        "Only/Müll": {"Size": 3},
        "Termine": {"Class": "IPF.Appointment", "Size": 0},
    }
    assert "Only" not in {mailbox.path for mailbox in read_mailboxes(anna.mailboxes)}
    assert account(reader, "single").mailboxes == {"INBOX": {"Size": 4}}


def test_everything_that_was_seen_and_not_read_is_told(reader):
    anna = account(reader, "anna")
    told = {finding.what for finding in anna.findings}
    assert told == {"account.dst", "strange", "account.info: BoxSeq", "account.info: #LastLogin"}
    domain = reader.domain("lab.example")
    assert {finding.kind for finding in domain.findings} >= {"alias", "forwarder", "group", "list", "rpop", "domain"}
    assert any(finding.what == "Aliases.data" for finding in domain.findings)
    places, notes = reader.places("lab.example")
    assert len(list(places)) == 3
    assert any("stray" in finding.why for finding in notes.findings)
    server = reader.server()
    assert any("Odd.key" in finding.what for finding in server.findings)
    assert server.settings["Settings/SMTP.settings"] == {"Port": "25"}
    assert server.rules == (("1", "Archive", (), (("Add Header", "X-Lab: yes"),)),)


def test_no_finding_shows_a_password(reader):
    findings = account(reader, "anna").findings + reader.domain("lab.example").findings + reader.server().findings
    assert "{SHA}" not in str(findings)


@pytest.mark.parametrize("kind", ["folder", "gz"])
def test_damaged_files_are_a_finding_each_and_the_rest_is_read(tmp_path, kind):
    broken = {
        **FILES,
        "Accounts/anna.macnt/account.info": "{\n INBOX = {Access={};\n",
        "Accounts/single.settings": '{\n RealName = x;\n Password = "hunter2',
        "Accounts/Settings/Domain.settings": "(a)",
    }
    reader = TreeReader(pack(kind, tmp_path, broken))
    found = accounts(reader, "lab.example")
    single, anna = found["single"], found["anna"]
    assert isinstance(single, Finding)
    assert (single.object, single.outcome) == ("single@lab.example", Outcome.UNREADABLE)
    assert single.what.endswith("Accounts/single.settings")
    assert "line 3, column 13: expected a string that its second" in single.why
    assert "hunter2" not in str(single)
    assert isinstance(anna, RawAccount)
    assert any(each.what.endswith("account.info") and "line 3, column 1" in each.why for each in anna.findings)
    assert dict(read_mailbox_sizes(anna))["Work/Projects"] == 15
    assert isinstance(found["john"], RawAccount)
    assert any(finding.why == "the file is no dictionary" for finding in reader.domain("lab.example").findings)
    reader.close()


def read_mailbox_sizes(raw: RawAccount):
    return ((mailbox.path, mailbox.use.size_bytes) for mailbox in read_mailboxes(raw.mailboxes))


def test_an_account_without_settings_is_a_finding(tmp_path):
    files = {name: text for name, text in FILES.items() if "anna.macnt/account.settings" not in name}
    found = accounts(TreeReader(pack("folder", tmp_path, files)), "lab.example")["anna"]
    assert isinstance(found, Finding)
    assert "No such file" in found.why


def test_links_are_not_followed_and_are_told(tmp_path):
    base = pack("folder", tmp_path)
    secret = tmp_path / "secret"
    secret.write_text("{\n RealName = stolen;\n}\n")
    (base / "Accounts/anna.macnt/account.settings").unlink()
    (base / "Accounts/anna.macnt/account.settings").symlink_to(secret)
    (base / "Accounts/other.macnt").symlink_to(base / "Accounts/j.sub/john.macnt")
    (base / "Accounts/j.sub/john.macnt/Out.mbox").symlink_to(secret)
    reader = TreeReader(base)
    found = accounts(reader, "lab.example")
    assert isinstance(found["anna"], Finding)
    assert "symbolic link" in found["anna"].why
    assert "other" not in found
    places, notes = reader.places("lab.example")
    list(places)
    assert any("other.macnt" in finding.what and "not followed" in finding.why for finding in notes.findings)
    john = found["john"]
    assert isinstance(john, RawAccount)
    assert any("Out.mbox" in finding.what for finding in john.findings)
    assert "stolen" not in str(found)


def test_a_pipe_in_place_of_a_file_keeps_nobody_waiting(tmp_path):
    base = pack("folder", tmp_path)
    (base / "Accounts/single.settings").unlink()
    os.mkfifo(base / "Accounts/single.settings")
    assert "single" not in accounts(TreeReader(base), "lab.example")


NOT_A_TREE = {
    "nothing there": (None, "cannot be opened"),
    "no archive": (b"hello world", "neither a folder nor a tar archive"),
    "empty": (b"", "neither a folder nor a tar archive"),
    "compressed nonsense": (b"\x1f\x8b\x08\x00" + b"\xff" * 40, "neither a folder nor a tar archive"),
}


@pytest.mark.parametrize(("content", "why"), NOT_A_TREE.values(), ids=NOT_A_TREE)
def test_what_is_no_tree_is_one_clear_error(tmp_path, content, why):
    path = tmp_path / "x.tar"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(TreeUnusableError, match=why) as caught:
        TreeReader(path)
    assert caught.value.exit_code == 66


def test_a_folder_without_accounts_is_no_tree(tmp_path):
    (tmp_path / "x").mkdir()
    with pytest.raises(TreeUnusableError, match="no folder with Accounts or Domains"):
        TreeReader(tmp_path / "x")


def test_without_the_main_domains_name_it_must_be_declared(tmp_path):
    base = pack("folder", tmp_path, {name: text for name, text in FILES.items() if "Main.settings" not in name})
    with pytest.raises(TreeUnusableError, match=r"Set source\.tree\.main_domain"):
        TreeReader(base)
    reader = TreeReader(base, main_domain="Other.Example")
    assert reader.domains()[0] == "other.example"
    reader.close()
