"""The base directory on disk, read back with the reader the migration uses, no leniency allowed."""

from __future__ import annotations

from pathlib import Path

import pytest

from sterna.communigate.dataformat import Reader, read
from sterna.communigate.syntax import DOCUMENTED, Form, Quirk
from sterna.communigate.values import Value
from sterna.lab.source.basedirectory import BaseDirectory, Name
from sterna.lab.source.population import population
from sterna.lab.source.tree import write_base


@pytest.fixture
def base(tmp_path: Path) -> Path:
    write_base(tmp_path / "base", population())
    return tmp_path / "base"


def settings(path: Path) -> dict[str, Value]:
    value = read(path.read_bytes(), form=Form.FILE)
    assert isinstance(value, dict)
    return value


def test_every_file_follows_the_format_without_any_leniency(base: Path):
    files = [path for path in base.rglob("*") if path.is_file() and "web" not in str(path.parent.relative_to(base))]
    assert len(files) > 110
    mail = {path for path in files if path.suffix in (".mbox", ".mslc")}
    for path in set(files) - mail:
        reader = Reader(path.read_bytes(), form=Form.FILE)
        reader.read()
        old_charset = path.match(
            "uraltes.konto.macnt/account.settings"
        )  # a password in bytes of no known character set
        assert reader.met == (Quirk.NOT_UTF8 if old_charset else DOCUMENTED), path


def test_files_are_in_the_documented_places(base: Path):
    for place in (
        "Accounts/rene.pfeiffer.macnt/account.settings",
        "Accounts/anna.macnt/account.info",
        "Domains/fjord.example/anna.macnt/account.settings",
        "Domains/fjord.example/Settings/Domain.settings",
        "Accounts/Settings/Access.settings",
        "Accounts/Settings/Template.settings",
        "Accounts/platte2.mnt/auswaerts.macnt/account.settings",
        "Accounts/textfach.settings",
        "Accounts/textfach.mbox",
        "Accounts/otto.macnt/account.web/private/rpopids/privat",
        "Settings/DomainDefault.settings",
        "Settings/Rules.settings",
    ):
        assert (base / place).is_file(), place


def test_line_ends_of_texts_are_written_as_the_server_writes_them(base: Path):
    text = (base / "Accounts/rene.pfeiffer.macnt/account.settings").read_bytes()
    assert rb"^S\eIn-Reply-To: ^I\e\eIch bin" in text
    assert text.startswith(b"{\n ")
    assert text.endswith(b";\n}\n")


def test_passwords_are_in_every_form_on_disk(base: Path):
    accounts = base / "Accounts"

    def stored(name: str) -> tuple[str, Value]:
        values = settings(accounts / f"{name}.macnt/account.settings")
        return str(values.get("Password")), values.get("PasswordEncryption")

    assert stored("olga") == ('q"uo\\te  {}()=;,%s #1', "clear")
    assert stored("gesperrt") == ("schlüssel weg", "clear")
    assert stored("hans-peter")[0].startswith("\x02{SHA}")
    assert rb'"\002{SSHA}' in (accounts / "ines_b.macnt/account.settings").read_bytes()
    assert stored("jan.kowalski")[0].startswith("$6$")
    assert stored("jan.kowalski")[1] == "U-crpt"
    assert "umkehrbar" not in stored("karl")[0]
    assert stored("unix") == ("None", None)
    assert stored("md5.alt")[0].startswith("\x02{MD5}")
    assert stored("des.alt")[0] == "\x02{crypt}abXtssx7qwN22"
    assert rb"Br\252cke \255" in (accounts / "uraltes.konto.macnt/account.settings").read_bytes()


def test_quotas_come_from_account_domain_or_server(base: Path):
    directory = BaseDirectory(base)

    def quota(domain: str, local: str) -> Value:
        return directory.effective_account_settings(Name(domain, local))["MaxAccountSize"]

    assert quota("fjord.example", "noor") == "900M"
    assert quota("fjord.example", "lars") == "120M"
    assert quota("lab.example", "karl") == "200M"
    assert quota("lab.example", "klasse") == "50M"
    assert quota("lab.example", "gruppenarbeit") == "700M"
    assert quota("lab.example", "klasse.weg") == "200M"


def test_a_file_that_has_changed_is_read_again(base: Path):
    directory = BaseDirectory(base)
    name = Name("lab.example", "karl")
    assert directory.account_settings(name)["RealName"] == "Karl Äquator"
    (base / "Accounts/karl.macnt/account.settings").write_text('{\n RealName = "Karl der Neue";\n}\n')
    directory.begin()
    assert directory.account_settings(name)["RealName"] == "Karl der Neue"


def test_a_domain_is_found_by_its_alias_too(base: Path):
    directory = BaseDirectory(base)
    assert directory.find_domain("OLD-lab.example") == "lab.example"
    assert directory.find_domain("fjord.example") == "fjord.example"
    assert directory.find_domain("nowhere.example") is None
