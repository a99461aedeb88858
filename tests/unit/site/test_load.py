"""The site file: what is accepted, and that each mistake is named with its line and key."""

from __future__ import annotations

from pathlib import Path

import pytest

from sterna.site.declaration import Access, Site, Tls
from sterna.site.errors import NoSiteFileError, SiteFileError
from sterna.site.load import find_site, load_site

WHOLE = """\
name = "lab"

[source.cli]
host = "127.0.0.1"
port = 106
user = "postmaster"
password_file = "secrets/cli"

[source.imap]
host = "old.lab.example"
port = 143
tls = "starttls"
ca_file = "/etc/ca.pem"
user = "postmaster@lab.example"
password_file = "secrets/imap"
access = "authorize"

[target.directory]
uri = "ldap://127.0.0.1:389"
suffix = "dc=lab,dc=example"
bind_dn = "cn=sterna,ou=system,ou=accounts,dc=lab,dc=example"
password_file = "secrets/directory"

[target.imap]
host = "127.0.0.1"
port = 993
tls = "tls"
user = "cyrusadmin"
password_file = "secrets/cyrus"
"""


def written(folder: Path, text: str | bytes) -> Path:
    path = folder / "sterna.toml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def loaded(folder: Path, text: str) -> Site:
    return load_site(written(folder, text))


def refusal(folder: Path, text: str | bytes) -> list[str]:
    """The lines of the error, without the folder."""
    with pytest.raises(SiteFileError) as caught:
        load_site(written(folder, text))
    assert caught.value.exit_code == 78
    return [line.removeprefix(f"{folder}/") for line in str(caught.value).splitlines()]


def test_a_whole_file_gives_typed_values_and_paths_from_its_own_folder(tmp_path: Path) -> None:
    site = loaded(tmp_path, WHOLE)
    assert site.source.imap.access is Access.AUTHORIZE
    assert site.target.imap.tls is Tls.TLS
    assert site.source.cli is not None
    assert site.source.cli.password_file == tmp_path / "secrets/cli"
    assert site.source.imap.ca_file == Path("/etc/ca.pem")
    assert site.source.cli.ca_file is None
    assert site.state_dir == tmp_path / "state"
    assert site.policy.parallel_accounts == 4


TREE = """
[source.tree]
path = "base.tar.gz"
"""

LDAP = """
[source.ldap]
uri = "ldap://mail.example.org"
bind_dn = "postmaster@example.org"
"""


def without_cli() -> str:
    before, _, rest = WHOLE.partition("[source.cli]")
    return before + rest[rest.index("[source.imap]") :]


def test_the_tree_alone_is_source_enough(tmp_path: Path) -> None:
    site = loaded(tmp_path, without_cli() + TREE)
    assert site.source.cli is None
    assert site.source.tree is not None
    assert site.source.tree.path == tmp_path / "base.tar.gz"


def test_a_source_without_cli_and_tree_is_refused(tmp_path: Path) -> None:
    (line,) = [line for line in refusal(tmp_path, without_cli()) if "source.tree" in line]
    assert "one of the tables source.cli and source.tree must be there" in line


def test_a_name_for_ldap_without_a_password_is_refused(tmp_path: Path) -> None:
    (line,) = [line for line in refusal(tmp_path, WHOLE + LDAP) if "bind_dn" in line]
    assert "give both, or none" in line
    assert "postmaster" not in line


def test_a_path_is_from_the_folder_of_the_file_even_when_the_file_is_named_relatively(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(tmp_path, WHOLE)
    monkeypatch.chdir(tmp_path)
    assert load_site(Path("sterna.toml")).report_dir == tmp_path / "report"


MISTAKES = {
    "out of bounds": ("port = 143", "port = 70000", "11: source.imap.port: should be between 1 and 65535, found 70000"),
    "text for a number": (
        "port = 143",
        'port = "143"',
        '11: source.imap.port: should be a whole number between 1 and 65535, found "143"',
    ),
    "true for a number": (
        "port = 143",
        "port = true",
        "11: source.imap.port: should be a whole number between 1 and 65535, found true",
    ),
    "number for text": (
        'user = "postmaster"',
        "user = 7",
        "6: source.cli.user: should be text in quotes of 1 or more characters, found 7",
    ),
    "empty text": (
        'host = "old.lab.example"',
        'host = ""',
        '10: source.imap.host: should be of 1 to 255 characters, found ""',
    ),
    "unknown choice": (
        'tls = "starttls"',
        'tls = "ssl"',
        '12: source.imap.tls: should be one of "none", "starttls", "tls", found "ssl"',
    ),
    "unknown key near a known one": (
        'access = "authorize"',
        'acess = "authorize"',
        "16: source.imap.acess: there is no such key; did you mean access?",
    ),
    "unknown key near none": (
        'name = "lab"',
        'name = "lab"\nzzz = 1',
        (
            "2: zzz: there is no such key; known here are name, state_dir, report_dir, source, target, policy, "
            "selection, manners"
        ),
    ),
    "missing key": ("port = 106\n", "", "3: source.cli.port: this key is missing"),
    "wrong form": (
        'name = "lab"',
        'name = "my lab"',
        '1: name: should be of a form such as "lab" or "example.org", found "my lab"',
    ),
    "date for a path": (
        'password_file = "secrets/imap"',
        "password_file = [1]",
        "15: source.imap.password_file: should be a path in quotes, found an array",
    ),
    "table where a value belongs": (
        "port = 143",
        "port.number = 143",
        "11: source.imap.port: should be a whole number between 1 and 65535, found a table",
    ),
    "not a number": (
        "port = 143",
        "port = 143\ntimeout_s = nan",
        "12: source.imap.timeout_s: should be above 0 and up to 3600, found nan",
    ),
}


@pytest.mark.parametrize(("old", "new", "said"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_named_with_its_line_and_key(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert refusal(tmp_path, WHOLE.replace(old, new)) == [f"sterna.toml:{said}"]


def test_a_missing_table_is_named_where_its_neighbours_are(tmp_path: Path) -> None:
    before, _, _ = WHOLE.partition("[target.imap]")
    assert refusal(tmp_path, before) == ["sterna.toml:18: target: the table target.imap must be there"]


def test_a_value_where_a_table_belongs_is_said_so(tmp_path: Path) -> None:
    before, _, _ = WHOLE.partition("[target.directory]")
    assert refusal(tmp_path, before + "[target]\ndirectory = 1\nimap = 2\n") == [
        "sterna.toml:19: target.directory: should be a table, written [target.directory], found 1",
        "sterna.toml:20: target.imap: should be a table, written [target.imap], found 2",
    ]


def test_every_mistake_is_named_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    broken = WHOLE.replace("port = 106", "port = 0").replace("port = 993", "port = -1").replace('"lab"', "3")
    assert [line.split(":")[1] for line in refusal(tmp_path, broken)] == ["1", "5", "26"]


SYNTAX = {
    "no value": ("name =\n", "1: not TOML: Invalid value at column 7"),
    "open string at the end": ('a = 1\nname = "x', "2: not TOML: Unterminated string at the end"),
    "key twice": ("a = 1\na = 2\n", "2: not TOML: Cannot overwrite a value at column 6"),
    "not UTF-8": (b'name = "lab"\n# \xff', "2: should be UTF-8 and is not"),
    "empty": ("", "1: name: this key is missing"),
}


@pytest.mark.parametrize(("text", "said"), SYNTAX.values(), ids=SYNTAX)
def test_what_is_not_toml_is_named_with_its_line(tmp_path: Path, text: str | bytes, said: str) -> None:
    assert refusal(tmp_path, text)[0] == f"sterna.toml:{said}"


def test_a_folder_in_place_of_the_file_is_an_error_and_no_traceback(tmp_path: Path) -> None:
    with pytest.raises(SiteFileError, match="cannot be read: Is a directory"):
        load_site(tmp_path)


def test_the_file_in_the_current_folder_is_found(tmp_path: Path) -> None:
    path = written(tmp_path, WHOLE)
    assert find_site(folder=tmp_path) == path


def test_without_a_file_the_error_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(NoSiteFileError, match="--site FILE"):
        find_site(folder=tmp_path)
    with pytest.raises(NoSiteFileError, match="there is no such site file"):
        find_site(tmp_path / "else.toml")
