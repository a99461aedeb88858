"""A whole migration by command lines alone, as the manual describes it."""

from __future__ import annotations

import imaplib
import json
import os
import shutil
import signal
import ssl
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from sterna.pki.authority import Authority
from tests.system.command import ENVIRONMENT, done, on_terminal, sterna

pytestmark = [pytest.mark.real, pytest.mark.timeout(180)]


def test_every_verb_does_its_part_and_says_so_in_json(lab: Any, folder: Path) -> None:
    here = folder / "lab"
    assert set(lab) == {"dir", "site", "source", "target", "ca", "accounts", "admin"}
    assert set(lab["source"]) == {"imap", "pop3", "cli", "ldap", "tree"}
    assert set(lab["target"]) == {"imap", "imaps", "pop3", "pop3s", "smtp", "sieve", "ldap", "ldaps", "lmtp"}
    people = len(lab["accounts"])
    assert people >= 25

    seen = done("survey", folder=here)
    assert len(seen["accounts"]) == people
    assert seen["findings"]
    assert json.loads((here / "report/survey.json").read_text())["summary"] == seen["summary"]
    assert "What becomes of it" in (here / "report/survey.html").read_text()
    failing = sterna("survey", "--quick", "--fail-on", "dropped", "--html", folder / "page.html", folder=here)
    assert failing.code == 3
    assert {path.name for path in folder.glob("page.*")} == {"page.html", "page.json"}
    assert sterna("survey", "--html", folder / "page.json", folder=here).code == 64

    plan = sterna("plan", "--json", folder=here)
    (folder / "plan.json").write_text(plan.out)
    assert plan.value["changes"]
    assert sterna("apply", folder=here).code == 64, "without a terminal nobody agreed"
    applied = done("apply", "--yes", "--plan", folder / "plan.json", folder=here)
    assert applied["made"] == len(plan.value["changes"])
    assert done("apply", "--yes", folder=here)["made"] == 0
    assert done("plan", folder=here)["changes"] == []

    first = done("copy", folder=here)
    assert first["accounts"] == people
    assert first["messages"]["copied"] == sum(account["messages"] for account in seen["accounts"])
    assert {row["account"] for row in first["renamed"]} == {"gudrun.moeller@lab.example"}
    second = done("copy", folder=here)
    assert second["messages"] == {
        "copied": 0,
        "unchanged": first["messages"]["copied"],
        "updated": 0,
        "expunged": 0,
        "skipped": 0,
        "left_out": 0,
    }
    assert second["renamed"] == first["renamed"]

    verified = done("verify", folder=here)
    assert verified["accounts"] == {"source": people, "target": people, "missing": 0, "extra": 0, "different": 0}
    assert verified["messages"]["source"] == verified["messages"]["target"] == first["messages"]["copied"]
    assert json.loads((here / "report/verify.json").read_text()) == verified
    assert "Everything is equal" in (here / "report/verify.html").read_text()


def test_what_was_changed_on_the_target_is_found_and_named(lab: Any, folder: Path) -> None:
    here = folder / "lab"
    done("apply", "--yes", folder=here)
    done("copy", folder=here)
    anna = next(each for each in lab["accounts"] if (each["name"], each["domain"]) == ("anna", "lab.example"))
    context = ssl.create_default_context(cafile=lab["ca"])
    with imaplib.IMAP4_SSL("127.0.0.1", lab["target"]["imaps"]["port"], ssl_context=context) as client:
        client.login("anna@lab.example", anna["password"])
        client.select("INBOX")
        uid = client.uid("SEARCH", "UNDELETED")[1][0].decode().split()[0]
        client.uid("STORE", uid, "+FLAGS", r"(\Deleted)")
        client.uid("EXPUNGE", uid)
    ended = sterna("verify", "--json", folder=here)
    assert ended.code == 3
    assert ended.value["messages"]["missing"] == 1
    assert [row["account"] for row in ended.value["differences"]] == ["anna@lab.example"]
    text = sterna("verify", folder=here)
    assert text.code == 3
    assert text.out.startswith("Not everything is equal")


def test_on_a_terminal_apply_shows_the_plan_and_asks(lab: Any, folder: Path) -> None:
    here = folder / "lab"
    code, shown = on_terminal("apply", folder=here, answer="n")
    assert (code, "nothing was changed" in shown) == (1, True)
    assert "entries to add" in shown
    assert done("plan", folder=here)["changes"], "no is no"
    code, shown = on_terminal("apply", folder=here, answer="y")
    assert (code, "changes made" in shown) == (0, True)
    code, shown = on_terminal("copy", folder=here)
    assert code == 0
    assert "of 56 accounts" in shown, "a bar was drawn"


def test_an_interrupted_copy_says_that_it_goes_on(lab: Any, folder: Path) -> None:
    here = folder / "lab"
    done("apply", "--yes", folder=here)
    with subprocess.Popen(
        [sys.executable, "-m", "sterna", "copy"],
        cwd=here,
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as copying:
        assert copying.stderr is not None
        copying.stderr.readline()  # the first account is done
        os.kill(copying.pid, signal.SIGINT)
        _, err = copying.communicate(timeout=30)
    assert copying.returncode == 130
    assert err.splitlines()[-1] == "sterna: interrupted; nothing is lost, and the same command goes on from here"
    done("copy", folder=here)
    assert done("verify", folder=here)["equal"]


def test_what_is_wrong_outside_is_one_line_and_a_documented_code(lab: Any, folder: Path) -> None:
    here = folder / "lab"
    text = (here / "sterna.toml").read_text()
    site = here / "wrong.toml"
    secret = here / "secrets/wrong"
    secret.write_text("not the password\n")
    secret.chmod(0o600)
    before, imap = text.split("[source.imap]")

    site.write_text(
        before
        + "[source.imap]"
        + imap.replace('password_file = "secrets/source-admin"', 'password_file = "secrets/wrong"')
    )
    refused = sterna("--site", site, "copy")
    assert refused.code == 77
    assert len(refused.err.splitlines()) == 1

    site.write_text(text.replace('ca_file = "pki/ca.crt"', f'ca_file = "{folder}/other.pem"'))
    shutil.copy(Authority.create(folder / "other", "Somebody else").certificate, folder / "other.pem")
    untrusted = sterna("--site", site, "survey")
    assert untrusted.code == 78
    assert "certificate" in untrusted.err

    sterna("lab", "down", "--dir", here)
    status = sterna("lab", "status", "--dir", here)
    assert (status.code, "stopped" in status.out) == (69, True)
    missing = sterna("--site", here / "sterna.toml", "copy", "--json")
    assert missing.code == 69
    assert missing.value["errors"][0]["exit_code"] == 69


def test_mistakes_in_the_site_file_are_lines_of_their_own(folder: Path) -> None:
    (folder / "sterna.toml").write_text('name = "x"\n[source.cli]\nport = 0\n')
    ended = sterna("survey", folder=folder)
    assert ended.code == 78
    assert "sterna.toml:3: source.cli.port: should be between 1 and 65535, found 0" in ended.err
    assert all(line.startswith("sterna: ") for line in ended.err.splitlines())
