"""What the settings and subscribers of a mailing list mean."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sterna.communigate.dataformat import read
from sterna.communigate.list_decoder import decode_list
from sterna.communigate.raw import RawList
from sterna.communigate.read import Read
from sterna.communigate.syntax import Form
from sterna.communigate.values import Value, as_array
from sterna.model.address import Address
from sterna.model.finding import Outcome
from sterna.model.lists import Content, Delivery, MailingList, Posters, Posting, Subscriber, Subscribing


def decoded(settings: bytes, subscribers: bytes = b"()", total: int | None = None) -> Read[MailingList]:
    records = as_array(read(subscribers, form=Form.FILE)) or ()
    raw = RawList(name="news", domain="lab.example", settings=read(settings), subscribers=records, total=total)
    return decode_list(raw)


def value(settings: bytes) -> MailingList:
    found = decoded(settings).value
    assert found is not None
    return found


def test_every_setting_has_its_place():
    found = value(
        b'{Owner=anna;Subscribe="this domain only";Postings="from subscribers";Confirmation=YES;Distribution=digest;'
        b'FirstModerated=3;Format="text only";FeedSubject=" [news] ";Reply="to list";SizeLimit=200K;FeedHeader=top;'
        b'FeedTrailer="--\\r\\ebye";PolicyText=hello;ByeText=gone;DigestPeriod=1d;DigestSizeLimit=100K;Store=YES;'
        b"HideFromAddress=YES;MaxBounces=5;DigestHeader=dh;DigestTrailer=dt;}"
    )
    assert found == MailingList(
        address=Address("lab.example", "news"),
        owner=Address("lab.example", "anna"),
        subscribing=Subscribing.DOMAIN,
        posters=Posters.SUBSCRIBERS,
        confirm=True,
        delivery=Delivery.DIGEST,
        first_moderated=3,
        content=Content.TEXT,
        subject_prefix="[news]",
        reply_to_list=True,
        size_limit_bytes=200 * 1024,
        header="top",
        footer="--\nbye",
        welcome="hello",
        goodbye="gone",
        digest_period_s=86400,
        digest_size_bytes=100 * 1024,
        digest_header="dh",
        digest_footer="dt",
        archive=True,
        hide_from=True,
        max_bounces=5,
        settings=found.settings,
    )
    assert len(found.settings) == 21


NUMBERS = {
    "all moderated": (b"{FirstModerated=10000;}", (None, False)),
    "prohibited": (b'{FirstModerated="10001";}', (0, True)),
    "none": (b"{FirstModerated=0;}", (0, False)),
    "absent": (b"{}", (0, False)),
}


@pytest.mark.parametrize(("settings", "meaning"), NUMBERS.values(), ids=NUMBERS)
def test_newcomers_may_be_moderated_or_prohibited(settings: bytes, meaning):
    found = value(settings)
    assert (found.first_moderated, found.newcomers_prohibited) == meaning


def test_words_may_be_the_numbers_of_the_administration_pages():
    found = value(b"{Subscribe=4;Postings=2;Format=3;Distribution=3;Reply=1;}")
    assert (found.subscribing, found.posters, found.content) == (
        Subscribing.ANYBODY,
        Posters.SUBSCRIBERS,
        Content.ANYTHING,
    )
    assert (found.delivery, found.reply_to_list) == (Delivery.DIGEST, False)


@pytest.mark.parametrize(
    "setting",
    ["Subscribe=whoever", "Postings=17", "Confirmation=perhaps", "SizeLimit=big", "DigestPeriod=soon", "Reply=x",
     "MaxBounces=many", "FirstModerated=x"],
)  # fmt: skip
def test_a_word_that_is_not_known_is_a_finding_with_it(setting: str):
    found = decoded(f"{{Owner=anna;{setting};}}".encode())
    assert found.value is not None
    [lost] = [each for each in found.findings if each.outcome is Outcome.UNREADABLE]
    assert lost.what == setting.replace("=", " = ")


def test_a_list_without_an_owner_has_the_postmaster():
    assert value(b"{}").owner == Address("lab.example", "postmaster")


SUBSCRIBERS = b"""(
 {Sub="Ann@example.org";RealName="Ann A";mode=feed;subscribeTime=#T01-02-2010_10:00:00;posts=#4;bounces=#1;},
 {Sub="Bo <bo@example.net>";mode=digest;posts=special;},
 {Sub=carl;mode=null;posts=(3);},
 {Sub="d@example.org";mode=index;posts=moderateAll;},
 {Sub="e@example.org";mode=banned;posts=prohibited;},
 {Sub="f@example.org";mode=subscribe;confirmationID=secret;},
 {Sub="g@example.org";mode=unsubscribe;},
 {Sub="ann@example.org";mode=null;},
 {Sub="h@example.org";mode=weekly;},
 {Sub="not an address";}
)"""


def test_subscribers_of_every_mode_are_read_and_what_is_odd_is_told():
    found = decoded(b"{Owner=anna;}", SUBSCRIBERS, total=12)
    assert found.value is not None
    at = datetime(2010, 2, 1, 10, tzinfo=UTC)
    assert found.value.subscribers == (
        Subscriber(Address.parse("ann@example.org"), "Ann A", subscribed=at, posts=4, bounces=1),
        Subscriber(Address.parse("bo@example.net"), delivery=Delivery.DIGEST, posting=Posting.SPECIAL),
        Subscriber(
            Address.parse("carl@lab.example"), delivery=Delivery.NULL, posting=Posting.MODERATED, moderated_posts=3
        ),
        Subscriber(Address.parse("d@example.org"), delivery=Delivery.INDEX, posting=Posting.MODERATED),
        Subscriber(Address.parse("e@example.org"), delivery=Delivery.BANNED, posting=Posting.PROHIBITED),
        Subscriber(Address.parse("f@example.org"), delivery=Delivery.PENDING),
        Subscriber(Address.parse("g@example.org"), delivery=Delivery.LEFT),
    )
    assert len(found.value.members) == 4
    assert {each.what for each in found.findings if each.outcome in (Outcome.UNREADABLE, Outcome.DROPPED)} == {
        "confirmationID",
        "subscriber ann@example.org",
        "subscriber h@example.org: mode = weekly",
        "subscriber 'not an address'",
        "subscribers",
        "1 in mode subscribe",
        "1 in mode unsubscribe",
    }


VALUES: st.SearchStrategy[Value] = st.recursive(
    st.text(max_size=6) | st.integers() | st.none() | st.binary(max_size=4),
    lambda inner: st.lists(inner, max_size=3).map(tuple) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=4,
)


SETTINGS = st.dictionaries(st.sampled_from(["Owner", "FeedSubject", "SizeLimit", "Format", "New"]), VALUES, max_size=3)
RECORDS = st.dictionaries(st.sampled_from(["Sub", "mode", "posts", "timeSubscribed"]), VALUES, max_size=4)


@example(settings={"Owner": None, "Format": -5}, subscribers=[])
@given(SETTINGS, st.lists(RECORDS, max_size=3))
def test_whatever_a_source_tells_there_is_a_list(settings, subscribers):
    raw = RawList(name="news", domain="lab.example", settings=settings, subscribers=tuple(subscribers))
    assert decode_list(raw).value is not None
