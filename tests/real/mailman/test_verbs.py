"""The old server's lists in Mailman by the verbs, and mail to them on the way."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.real.mailman.mailman3 import RunningMailman
from tests.system.command import done, sterna

if TYPE_CHECKING:
    from tests.real.conftest import Site

pytestmark = [pytest.mark.real, pytest.mark.timeout(240)]


def site_file(lab: Site, mailman: RunningMailman, policy: str) -> Path:
    """The lab's site file with this Mailman."""
    assert lab.info.site is not None
    text = lab.info.site.read_text()
    if "[policy]" not in text:
        text += "\n[policy]\n"
    text = text.replace("[policy]\n", f"[policy]\n{policy}\n")
    text += f"""
[target.mailman]
url = "{mailman.declared.url}"
password_file = "{mailman.declared.password_file}"
template_dir = "{mailman.declared.template_dir}"
"""
    path = lab.info.dir / "with-mailman.toml"
    path.write_text(text)
    return path


def test_the_old_servers_lists_are_loaded_shown_and_loaded_again_with_nothing_to_do(
    lab: Site, mailman: RunningMailman, tmp_path: Path
) -> None:
    site = site_file(lab, mailman, 'list_domain = "lists.{domain}"')
    exported = done("--site", site, "export", "mailman", "--out", tmp_path / "lists")
    files = {Path(path).stem: json.loads(Path(path).read_text()) for path in exported["files"]}
    assert files
    assert {(tmp_path / "lists" / f"{name}.json").stat().st_mode & 0o777 for name in files} == {0o600}

    told = done("--site", site, "lists", "load", "--dry-run")
    assert all(each["changes"] for each in told["lists"])
    loaded = done("--site", site, "lists", "load")
    assert [each["failures"] for each in loaded["lists"]] == [[]] * len(files)
    again = done("--site", site, "lists", "load")
    assert [each["changes"] for each in again["lists"]] == [0] * len(files)

    with mailman.api() as api:
        for name, wanted in files.items():
            config = api.must_get(f"/lists/{name}/config")
            assert {key: config[key] for key in wanted["settings"]} == wanted["settings"]
            members = {
                entry["email"]: (entry["delivery_mode"], entry.get("moderation_action"))
                for entry in api.entries(f"/lists/{name}/roster/member")
            }
            assert members == {
                each["email"]: (each["delivery_mode"], each["moderation_action"]) for each in wanted["members"]
            }
            owners = [entry["email"] for entry in api.entries(f"/lists/{name}/roster/owner")]
            assert owners == [each["email"] for each in wanted["owners"]]
            bans = sorted(str(entry["email"]) for entry in api.entries(f"/lists/{name}/bans"))
            assert bans == sorted(wanted["bans"])
            for template, text in wanted["templates"].items():
                path = mailman.folder / "templates/lists" / name / "en" / f"{template}.txt"
                assert path.read_text() == text
    one = next(iter(files.values()))["source"]
    assert len(done("--site", site, "lists", "load", one)["lists"]) == 1
    missing = sterna("--site", site, "lists", "load", "nobody@lab.example")
    assert missing.code == 68
    assert "nobody@lab.example" in missing.err


def test_without_a_mailman_in_the_site_file_loading_says_so(lab: Site) -> None:
    assert lab.info.site is not None
    ended = sterna("--site", lab.info.site, "lists", "load")
    assert ended.code == 78
    assert "[target.mailman]" in ended.err


def test_in_the_plan_old_addresses_lead_to_mailman(lab: Site, mailman: RunningMailman) -> None:
    site = site_file(lab, mailman, 'lists = "mailman"\nlist_domain = "lists.{domain}"')
    plan = done("--site", site, "plan")
    values = {
        change["attributes"]["lookupValue"][0]
        for change in plan["changes"]
        if change["change"] == "add entry" and change["subject"].startswith("lists: ")
    }
    assert values
    assert {value.rpartition("@")[2].partition(".")[0] for value in values} == {"lists"}
