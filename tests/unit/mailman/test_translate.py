"""What a list of the source becomes in Mailman's words."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sterna.mailman.texts import FOOTER
from sterna.mailman.translate import Owner, Translated, translate
from sterna.mailman.wanted import Action, Mode, Status, WantedList
from sterna.model.address import Address
from sterna.model.finding import Outcome
from sterna.model.lists import Content, Delivery, MailingList, Posters, Posting, Subscriber, Subscribing

NEWS = Address("lab.example", "news")
THERE = Address("lists.lab.example", "news")
ANNA = Address("lab.example", "anna")
OWNER = Owner("Anna Berg", (ANNA, Address("lab.example", "ann")))


def subscriber(name: str, delivery: Delivery = Delivery.FEED, posting: Posting = Posting.FREE) -> Subscriber:
    return Subscriber(Address.parse(name, domain="members.example"), "Somebody", delivery, posting)


def translated(*subscribers: Subscriber, **fields: Any) -> Translated:
    plain = MailingList(
        address=NEWS,
        owner=ANNA,
        posters=Posters.ANYBODY,
        subscribing=Subscribing.ANYBODY,
        subscribers=tuple(subscribers),
    )
    each = replace(plain, **fields)
    return translate(each, THERE, (NEWS, Address("old-lab.example", "news")), OWNER)


def wanted(*subscribers: Subscriber, **fields: Any) -> WantedList:
    found = translated(*subscribers, **fields).wanted
    assert found is not None
    return found


def whats(found: Translated) -> list[str]:
    return [finding.what for finding in found.findings]


def test_members_keep_their_mode_and_those_who_are_none_are_left_out_with_a_row() -> None:
    found = translated(*(subscriber(str(mode), mode) for mode in Delivery))
    assert found.wanted is not None
    assert {member.address.partition("@")[0]: member.state for member in found.wanted.members} == {
        "feed": wanted(subscriber("feed")).members[0].state,
        "digest": wanted(subscriber("digest", Delivery.DIGEST)).members[0].state,
        "index": wanted(subscriber("index", Delivery.INDEX)).members[0].state,
        "null": wanted(subscriber("null", Delivery.NULL)).members[0].state,
    }
    modes = {
        member.address.partition("@")[0]: (member.state.mode, member.state.status) for member in found.wanted.members
    }
    assert modes == {
        "feed": (Mode.REGULAR, Status.ENABLED),
        "digest": (Mode.MIME, Status.ENABLED),
        "index": (Mode.SUMMARY, Status.ENABLED),
        "null": (Mode.REGULAR, Status.BY_USER),
    }
    assert found.wanted.bans == ("banned@members.example",)
    assert {"1 index members", "1 pending subscriptions", "1 records of former members"} <= set(whats(found))


@pytest.mark.parametrize(
    ("posters", "members", "others"),
    [
        (Posters.ANYBODY, "defer", "defer"),
        (Posters.SUBSCRIBERS, "defer", "reject"),
        (Posters.MODERATE_GUESTS, "defer", "hold"),
        (Posters.MODERATED, "hold", "hold"),
        (Posters.OWNER, "reject", "reject"),
        (None, "hold", "hold"),
    ],
)
def test_who_may_post_becomes_what_is_done_with_mail_of_members_and_of_others(
    posters: Posters | None, members: str, others: str
) -> None:
    found = translated(posters=posters)
    assert found.wanted is not None
    settings = found.wanted.settings
    assert (settings["default_member_action"], settings["default_nonmember_action"]) == (members, others)
    assert settings["accept_these_nonmembers"] == ("ann@lab.example", "anna@lab.example")
    assert ("postings" in whats(found)) == (posters is None)


def test_a_members_own_rule_is_carried() -> None:
    actions = {posting: wanted(subscriber("a", posting=posting)).members[0].state.action for posting in Posting}
    assert actions == {
        Posting.FREE: Action.LIST_DEFAULT,
        Posting.MODERATED: Action.HOLD,
        Posting.PROHIBITED: Action.REJECT,
        Posting.SPECIAL: Action.ACCEPT,
    }
    own = wanted(subscriber("a", posting=Posting.SPECIAL), posters=Posters.OWNER)
    assert own.members[0].state.action is Action.LIST_DEFAULT


def test_where_newcomers_wait_todays_members_do_not() -> None:
    found = translated(subscriber("a"), first_moderated=3)
    assert found.wanted is not None
    assert found.wanted.settings["default_member_action"] == "hold"
    assert found.wanted.members[0].state.action is Action.DEFER
    assert "the first 3 messages of a new member are moderated" in whats(found)
    assert wanted(newcomers_prohibited=True).settings["default_member_action"] == "reject"
    moderated = wanted(subscriber("a"), first_moderated=3, posters=Posters.MODERATED)
    assert moderated.members[0].state.action is Action.LIST_DEFAULT


@pytest.mark.parametrize(
    ("subscribing", "confirm", "policy", "exact"),
    [
        (Subscribing.ANYBODY, False, "open", True),
        (Subscribing.ANYBODY, None, "confirm", True),
        (Subscribing.MODERATED, False, "moderate", True),
        (Subscribing.MODERATED, True, "confirm_then_moderate", True),
        (Subscribing.NOBODY, False, "moderate", False),
        (Subscribing.DOMAIN, True, "confirm_then_moderate", False),
        (Subscribing.LOCALS, False, "moderate", False),
        (None, False, "moderate", False),
    ],
)
def test_who_may_subscribe_is_carried_or_told(
    subscribing: Subscribing | None, confirm: bool | None, policy: str, exact: bool
) -> None:
    found = translated(subscribing=subscribing, confirm=confirm)
    assert found.wanted is not None
    assert found.wanted.settings["subscription_policy"] == policy
    assert any(what.startswith("subscribing") for what in whats(found)) != exact


def test_a_limit_is_rounded_up_and_no_limit_stays_none() -> None:
    assert wanted(size_limit_bytes=1).settings["max_message_size"] == 1
    assert wanted(size_limit_bytes=None).settings["max_message_size"] == 0


def test_mail_to_the_old_addresses_is_mail_to_the_list() -> None:
    assert wanted().settings["acceptable_aliases"] == ("news@lab.example", "news@old-lab.example")


@pytest.mark.parametrize("content", [*Content, None])
def test_what_is_passed_on_is_set_and_told_when_it_is_not_everything(content: Content | None) -> None:
    found = translated(content=content)
    assert found.wanted is not None
    filtered = content not in (None, Content.ANYTHING)
    assert found.wanted.settings["filter_content"] == filtered
    assert any(what.startswith("format") for what in whats(found)) == filtered


def test_texts_are_templates_in_which_a_dollar_is_a_dollar_and_the_sources_macros_are_told() -> None:
    found = translated(footer="costs $5\r\nleave: ^N-off", welcome="hello", goodbye="")
    assert found.wanted is not None
    assert found.wanted.texts[FOOTER] == "costs $$5\nleave: ^N-off\n"
    assert found.wanted.texts["list:member:regular:header"] == ""
    assert found.wanted.texts["list:user:notice:welcome"] == "hello\n"
    assert "list:user:notice:goodbye" not in found.wanted.texts
    assert (found.wanted.settings["send_welcome_message"], found.wanted.settings["send_goodbye_message"]) == (
        True,
        False,
    )
    [macros] = [finding for finding in found.findings if finding.what == "footer"]
    assert "^N" in macros.why
    assert macros.detail == "costs $5\r\nleave: ^N-off"


def test_what_mailman_takes_for_no_address_is_left_out_with_a_row() -> None:
    odd = [subscriber(name) for name in ("ok", "münch", "news@lab.example", "a@localhost", "o'neil", "a|b", "[x]")]
    found = translated(*odd)
    assert found.wanted is not None
    assert [member.address for member in found.wanted.members] == [
        "ok@members.example",
        "o'neil@members.example",
    ]
    dropped = [finding.what for finding in found.findings if finding.outcome is Outcome.DROPPED]
    assert dropped == [
        "subscriber münch@members.example",
        "subscriber news@lab.example",
        "subscriber a@localhost",
        "subscriber a|b@members.example",
        "subscriber [x]@members.example",
    ]


def test_a_list_that_mailman_cannot_name_is_told() -> None:
    each = MailingList(address=Address("lab.example", "né"), owner=ANNA)
    found = translate(each, Address("lab.example", "né"), (), OWNER)
    assert found.wanted is None
    assert [finding.outcome for finding in found.findings] == [Outcome.DROPPED]


@given(
    st.builds(
        MailingList,
        address=st.just(NEWS),
        owner=st.just(ANNA),
        description=st.text(),
        subscribing=st.sampled_from([*Subscribing, None]),
        posters=st.sampled_from([*Posters, None]),
        confirm=st.sampled_from([True, False, None]),
        first_moderated=st.sampled_from([0, 1, None]),
        newcomers_prohibited=st.booleans(),
        content=st.sampled_from([*Content, None]),
        subject_prefix=st.text(),
        footer=st.text(),
        size_limit_bytes=st.none() | st.integers(0, 10**9),
        digest_period_s=st.none() | st.integers(0, 10**7),
        subscribers=st.lists(
            st.builds(
                Subscriber,
                address=st.builds(Address, domain=st.just("m.example"), local=st.text("ab.é", min_size=1, max_size=3)),
                delivery=st.sampled_from(Delivery),
                posting=st.sampled_from(Posting),
                moderated_posts=st.none() | st.just(2),
            )
        ).map(tuple),
    )
)
def test_whatever_a_list_is_its_import_can_be_written_and_nobody_is_lost_without_a_row(each: MailingList) -> None:
    found = translate(each, THERE, (NEWS,), OWNER)
    assert found.wanted is not None
    json.dumps(found.wanted.as_json())
    names = {str(one.address) for one in each.subscribers}
    there = {member.address for member in found.wanted.members} | set(found.wanted.bans)
    told = {what.removeprefix("subscriber ") for what in whats(found)}
    left_out = {str(one.address) for one in each.subscribers if one.delivery in (Delivery.PENDING, Delivery.LEFT)}
    assert names - there - told - left_out == set()
    assert ("\n" in str(found.wanted.settings.get("description", ""))) is False
