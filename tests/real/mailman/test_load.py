"""Lists in a real Mailman 3: what is loaded is what it shows, again and again."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sterna.mailman.api import MailmanApi
from sterna.mailman.errors import MailmanLoginError
from sterna.mailman.found import find, without_delivery
from sterna.mailman.load import Guard, LoadedList, load_list
from sterna.mailman.translate import Owner, translate
from sterna.mailman.wanted import Setting, WantedList
from sterna.model.address import Address
from sterna.model.lists import Content, Delivery, MailingList, Posters, Posting, Subscriber, Subscribing
from sterna.state.loaded_lists import LoadedLists
from tests.real.mailman.mailman3 import RunningMailman

pytestmark = [pytest.mark.real, pytest.mark.timeout(180), pytest.mark.xdist_group("mailman")]

NEWS = Address("lab.example", "news")
THERE = Address("lists.lab.example", "news")
ANNA = Address("lab.example", "anna")
GUARD = Guard(0.1, 3)


def subscriber(name: str, delivery: Delivery = Delivery.FEED, posting: Posting = Posting.FREE) -> Subscriber:
    return Subscriber(
        Address.parse(f"{name}@members.example"),
        real_name=f"{name.title()} Müller",
        delivery=delivery,
        posting=posting,
        subscribed=datetime(2011, 3, 5, tzinfo=UTC),
    )


SUBSCRIBERS = (
    *(subscriber(str(mode), mode) for mode in Delivery),
    subscriber("held", posting=Posting.MODERATED),
    subscriber("mute", posting=Posting.PROHIBITED),
    subscriber("special", Delivery.NULL, Posting.SPECIAL),
)

LIST = MailingList(
    address=NEWS,
    owner=ANNA,
    description="News, for everybody & all",
    subscribing=Subscribing.ANYBODY,
    posters=Posters.MODERATE_GUESTS,
    confirm=True,
    content=Content.TEXT,
    subject_prefix="[news]",
    reply_to_list=True,
    size_limit_bytes=100_000,
    footer="-- \nLeave for $0: write to news-off\n",
    welcome="Welcome, and read this.\n",
    digest_period_s=86_400,
    digest_size_bytes=20 * 1024,
    archive=True,
    max_bounces=3,
    subscribers=SUBSCRIBERS,
)


def wanted(each: MailingList) -> WantedList:
    names = (NEWS, Address("old-lab.example", "news"))
    translated = translate(each, THERE, names, Owner("Anna Berg", (ANNA, Address("lab.example", "ann"))))
    assert translated.wanted is not None
    return translated.wanted


@contextmanager
def loader(mailman: RunningMailman, tmp_path: Path) -> Iterator[Callable[..., LoadedList]]:
    with mailman.api() as api, LoadedLists.open(tmp_path) as record:

        def load(each: MailingList, *, guard: Guard | None = GUARD, dry_run: bool = False) -> LoadedList:
            return load_list(api, record, wanted(each), mailman.declared.template_dir, guard, dry_run=dry_run)

        yield load


def members(api: MailmanApi) -> dict[str, tuple[object, ...]]:
    entries = api.entries("/lists/news.lists.lab.example/roster/member")
    return {
        str(entry["email"]): (entry["display_name"], entry["delivery_mode"], entry.get("moderation_action"))
        for entry in entries
    }


def test_mailman_shows_every_setting_and_every_member_as_it_was_loaded(mailman: RunningMailman, tmp_path: Path) -> None:
    with loader(mailman, tmp_path) as load, mailman.api() as api:
        assert load(LIST).failures == ()
        config = api.must_get("/lists/news.lists.lab.example/config")
        shown = {name: config[name] for name in wanted(LIST).settings}
        assert shown == {
            "acceptable_aliases": ["news@lab.example", "news@old-lab.example"],
            "accept_these_nonmembers": ["ann@lab.example", "anna@lab.example"],
            "anonymous_list": False,
            "archive_policy": "private",
            "bounce_score_threshold": 3,
            "collapse_alternatives": True,
            "convert_html_to_plaintext": False,
            "default_member_action": "defer",
            "default_nonmember_action": "hold",
            "description": "News, for everybody & all",
            "digest_send_periodic": True,
            "digest_size_threshold": 20.0,
            "digests_enabled": True,
            "display_name": "news",
            "filter_action": "reject",
            "filter_content": True,
            "max_message_size": 98,
            "max_num_recipients": 0,
            "pass_types": ["text"],
            "process_bounces": True,
            "reply_goes_to_list": "point_to_list",
            "send_goodbye_message": False,
            "send_welcome_message": True,
            "subject_prefix": "[news] ",
            "subscription_policy": "confirm",
            "unsubscription_policy": "confirm",
        }
        assert members(api) == {
            "feed@members.example": ("Feed Müller", "regular", None),
            "digest@members.example": ("Digest Müller", "mime_digests", None),
            "index@members.example": ("Index Müller", "summary_digests", None),
            "null@members.example": ("Null Müller", "regular", None),
            "held@members.example": ("Held Müller", "regular", "hold"),
            "mute@members.example": ("Mute Müller", "regular", "reject"),
            "special@members.example": ("Special Müller", "regular", "accept"),
        }
        assert without_delivery(api, wanted(LIST)) == {"null@members.example", "special@members.example"}
        owners = list(api.entries("/lists/news.lists.lab.example/roster/owner"))
        assert [(owner["email"], owner["display_name"]) for owner in owners] == [("anna@lab.example", "Anna Berg")]
        bans = [entry["email"] for entry in api.entries("/lists/news.lists.lab.example/bans")]
        assert bans == ["banned@members.example"]
        footer = mailman.folder / "templates/lists/news.lists.lab.example/en/list:member:regular:footer.txt"
        assert footer.read_text() == "-- \nLeave for $$0: write to news-off\n"


def test_a_dry_run_changes_nothing_and_a_second_run_has_nothing_to_do(mailman: RunningMailman, tmp_path: Path) -> None:
    with loader(mailman, tmp_path) as load, mailman.api() as api:
        told = load(LIST, dry_run=True)
        assert told.wanted_changes
        assert api.get("/lists/news@lists.lab.example") is None
        assert load(LIST).wanted_changes == told.wanted_changes
        assert load(LIST).wanted_changes == 0


def test_who_leaves_on_the_source_is_taken_off_and_nobody_else(mailman: RunningMailman, tmp_path: Path) -> None:
    with loader(mailman, tmp_path) as load, mailman.api() as api:
        load(LIST)
        by_hand: dict[str, Setting] = {
            "list_id": wanted(LIST).list_id,
            "subscriber": "by.hand@other.example",
            "pre_verified": True,
        }
        api.post("/members", by_hand | {"pre_confirmed": True, "pre_approved": True}, "add by hand")
        fewer = replace(LIST, subscribers=tuple(each for each in SUBSCRIBERS if each.address.local != "feed"))
        changed = load(fewer)
        assert changed.changes == ("remove feed@members.example",)
        assert "feed@members.example" not in members(api)
        assert "by.hand@other.example" in members(api)
        assert load(fewer).wanted_changes == 0


def test_many_removals_wait_for_somebody_to_agree(mailman: RunningMailman, tmp_path: Path) -> None:
    with loader(mailman, tmp_path) as load, mailman.api() as api:
        load(LIST)
        nobody = replace(LIST, subscribers=())
        stopped = load(nobody)
        assert len(members(api)) == 7
        assert "7 members to remove" in [finding.what for finding in stopped.findings]
        assert stopped.failures == ()
        load(nobody, guard=None)
        assert members(api) == {}
        assert [*api.entries("/lists/news.lists.lab.example/bans")] == []


def test_what_changed_on_the_source_changes_and_what_changed_in_mailman_stays(
    mailman: RunningMailman, tmp_path: Path
) -> None:
    with loader(mailman, tmp_path) as load, mailman.api() as api:
        load(LIST)
        found = find(api, wanted(LIST), None)
        api.patch("/lists/news.lists.lab.example/config", {"subject_prefix": "[mine] "}, "test")
        api.patch(
            f"/members/{found.members['feed@members.example'].member_id}", {"delivery_mode": "mime_digests"}, "test"
        )
        api.delete(f"/members/{found.members['held@members.example'].member_id}", "test")
        moved = [
            replace(each, delivery=Delivery.FEED) if each.address.local in ("digest", "null", "banned") else each
            for each in SUBSCRIBERS
        ]
        changed = load(replace(LIST, subscribers=tuple(moved), description="Else"))
        assert changed.failures == ()
        assert set(changed.changes) == {
            "set description = 'Else'",
            "lift the ban of banned@members.example",
            "add banned@members.example: regular",
            "change digest@members.example: regular",
            "change null@members.example: regular",
        }
        shown = members(api)
        assert shown["digest@members.example"][1] == "regular"
        assert shown["feed@members.example"][1] == "mime_digests"
        assert "held@members.example" not in shown
        assert without_delivery(api, wanted(LIST)) == {"special@members.example"}
        assert api.must_get("/lists/news.lists.lab.example/config")["subject_prefix"] == "[mine] "
        assert {"subject_prefix", "1 former members"} <= {finding.what for finding in changed.findings}


def test_a_run_that_was_killed_is_gone_on_with(mailman: RunningMailman, tmp_path: Path) -> None:
    class Killed(BaseException):
        pass

    class Tripwire(MailmanApi):
        left = 0

        def _exchange(
            self, method: str, path: str, data: str | None, headers: dict[str, str]
        ) -> tuple[int, bytes, str]:
            answer = super()._exchange(method, path, data, headers)
            if method != "GET":
                Tripwire.left -= 1
                if not Tripwire.left:
                    raise Killed  # what was asked is done, and nobody knows
            return answer

    def killed_at(step: int) -> None:
        Tripwire.left = step
        with Tripwire.open(mailman.declared) as api, LoadedLists.open(tmp_path) as record:
            load_list(api, record, wanted(LIST), mailman.declared.template_dir, GUARD, dry_run=False)

    for step in (1, 2, 1, 2, 3, 2, 3, 1):
        with pytest.raises(Killed):
            killed_at(step)
    with loader(mailman, tmp_path) as load, mailman.api() as api:
        assert load(LIST).failures == ()
        assert load(LIST).wanted_changes == 0
        assert members(api)["special@members.example"] == ("Special Müller", "regular", "accept")
        assert without_delivery(api, wanted(LIST)) == {"null@members.example", "special@members.example"}


def test_a_member_whom_mailman_refuses_does_not_stop_the_others(
    start_mailman: Callable[..., RunningMailman], tmp_path: Path
) -> None:
    mailman = start_mailman()
    mailman.ignored += ["Traceback", "MembershipIsBannedError"]  # Mailman logs its own refusal so
    with mailman.api() as api, LoadedLists.open(tmp_path) as record:
        api.post("/bans", {"email": "feed@members.example"}, "ban for all lists")
        done = load_list(api, record, wanted(LIST), None, GUARD, dry_run=False)
        assert len(done.failures) == 1
        assert "feed@members.example" in done.failures[0]
        assert "banned" in done.failures[0]
        assert len(members(api)) == 6


def test_a_wrong_password_is_told_as_such(mailman: RunningMailman, tmp_path: Path) -> None:
    wrong = tmp_path / "password"
    wrong.touch(mode=0o600)
    wrong.write_text("wrong\n")
    with (
        pytest.raises(MailmanLoginError),
        MailmanApi.open(mailman.declared.model_copy(update={"password_file": wrong})),
    ):
        pass


def test_a_message_reaches_those_who_get_each_message_and_nobody_else(
    start_mailman: Callable[..., RunningMailman], tmp_path: Path
) -> None:
    mailman = start_mailman(mail=True)
    with loader(mailman, tmp_path) as load:
        assert load(LIST).failures == ()
    # As Postfix hands it on after it has led the old address to the new one.
    mailman.send(
        "null@members.example",
        "news@lists.lab.example",
        "From: null@members.example\nTo: news@lab.example\nSubject: hello\nMessage-ID: <1@members.example>\n\nbody\n",
    )
    sent = mailman.outgoing(messages=1)
    assert {recipient for each in sent for recipient in each.recipients} == {
        "feed@members.example",
        "held@members.example",
        "mute@members.example",
    }
    assert {each.sender.partition("+")[0] for each in sent} == {"news-bounces@lists.lab.example"}
    text = sent[0].data.decode()
    assert "Subject: [news] hello" in text
    assert re.search(r"^Reply-To: .*news@lists\.lab\.example", text, re.MULTILINE)
    assert "body\r\n-- \r\nLeave for $0: write to news-off" in text
