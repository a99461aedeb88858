"""What the parts of an account mean: roles, rights, other people's mailboxes, outside accounts, the person."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sterna.communigate.account_decoder import decode_account
from sterna.communigate.contact import read_contact
from sterna.communigate.dataformat import read
from sterna.communigate.names import NameEncoding
from sterna.communigate.polling import read_polled, read_seen
from sterna.communigate.raw import RawAccount, RawDefaults
from sterna.communigate.roles import decide_roles
from sterna.communigate.sharing import read_foreign, read_grants
from sterna.communigate.sizes import read_seconds
from sterna.communigate.values import Value, as_dictionary
from sterna.model.address import Address
from sterna.model.finding import Outcome
from sterna.model.mailbox import MailboxName
from sterna.model.roles import Role, RoleMailbox
from sterna.model.secret import Secret
from sterna.model.sharing import DomainMembers, Everybody, ForeignMailbox, Grant, GroupMembers, MailboxAlias

ANNA = Address("lab.example", "anna")


def mail(*names: str) -> frozenset[MailboxName]:
    return frozenset(tuple(name.split("/")) for name in names)


ROLES = {
    "by preference": ({"SentBox": "Raus"}, mail("INBOX", "Raus", "Sent"), [(Role.SENT, "Raus", True)]),
    "a preference for nothing": ({"SentBox": "Raus"}, mail("INBOX", "Sent"), [(Role.SENT, "Sent", False)]),
    "the source tells no mailboxes": ({"TrashBox": "Weg"}, None, [(Role.TRASH, "Weg", True)]),
    "INBOX is none": ({"SentBox": "INBOX", "TrashBox": "inbox"}, mail("INBOX"), []),
    "another's mailbox is none": ({"SentBox": "~bob/Sent"}, mail("INBOX"), []),
    "inherited is none": ({"SentBox": "default"}, mail("INBOX"), []),
    "one mailbox, one role": ({"SentBox": "A", "TrashBox": "A"}, mail("A"), [(Role.SENT, "A", True)]),
    "what CommuniGate makes first": ({}, mail("Sent", "Sent Items", "sent"), [(Role.SENT, "Sent Items", False)]),
    "below INBOX": ({}, mail("INBOX/Trash"), [(Role.TRASH, "INBOX/Trash", False)]),
    "deeper is none": ({}, mail("Old/Trash"), []),
    "German": ({}, mail("Gesendete Objekte", "Entwürfe", "Papierkorb"), [
        (Role.DRAFTS, "Entwürfe", False), (Role.SENT, "Gesendete Objekte", False), (Role.TRASH, "Papierkorb", False)]),
    "Russian": ({}, mail("Отправленные", "КОРЗИНА"), [
        (Role.SENT, "Отправленные", False), (Role.TRASH, "КОРЗИНА", False)]),
    "Japanese": ({}, mail("下書き", "送信済み", "ごみ箱"), [
        (Role.DRAFTS, "下書き", False), (Role.SENT, "送信済み", False), (Role.TRASH, "ごみ箱", False)]),
}  # fmt: skip


@pytest.mark.parametrize(("prefs", "mailboxes", "roles"), ROLES.values(), ids=ROLES)
def test_mailboxes_have_roles_by_preference_and_then_by_name(prefs, mailboxes, roles):
    found = decide_roles(prefs, mailboxes, NameEncoding.UTF8)
    assert list(found) == [RoleMailbox(role, tuple(name.split("/")), chosen) for role, name, chosen in roles]


@given(
    st.dictionaries(st.sampled_from(["SentBox", "TrashBox", "DraftsBox"]), st.sampled_from(["A", "Sent", "Trash"])),
    st.frozensets(st.sampled_from(["A", "Sent", "Trash", "Drafts", "INBOX", "Gesendet"]).map(lambda name: (name,))),
)
def test_no_mailbox_has_two_roles_and_no_role_two_mailboxes(prefs, mailboxes):
    found = decide_roles(prefs, mailboxes, NameEncoding.UTF8)
    assert len({each.role for each in found}) == len({each.name for each in found}) == len(found)
    assert {each.name for each in found} <= mailboxes


GRANTS = {
    "an account of the domain": (b"{bernd=lr;}", [Grant(Address("lab.example", "bernd"), "lr")], 0),
    "an account elsewhere": (b'{"bo@x.example"=lrs;}', [Grant(Address("x.example", "bo"), "lrs")], 0),
    "a group": (b'{"#sales"=l;}', [Grant(GroupMembers(Address("lab.example", "sales")), "l")], 0),
    "anyone": (b"{anyone=lr;}", [Grant(Everybody.ANYONE, "lr")], 0),
    "anyone here": (b'{"anyone@"=lr;}', [Grant(DomainMembers("lab.example"), "lr")], 0),
    "anyone there": (b'{"anyone@X.example"=lr;}', [Grant(DomainMembers("x.example"), "lr")], 0),
    "taken away": (b'{"-bernd"=w;}', [Grant(Address("lab.example", "bernd"), "w", negative=True)], 0),
    "all letters": (b"{bernd=lrswipcda;}", [Grant(Address("lab.example", "bernd"), "lrswipkxtea")], 0),
    "no letters": (b'{bernd="";}', [], 0),
    "the owner's own row": (b"{anna=lrswipcda;}", [], 0),
    "unknown letters": (b"{bernd=lq;}", [Grant(Address("lab.example", "bernd"), "l")], 1),
    "nobody that can be": (b'{"a b"=l;}', [], 1),
}


@pytest.mark.parametrize(("data", "grants", "lost"), GRANTS.values(), ids=GRANTS)
def test_access_lists_are_read_in_the_letters_of_today(data: bytes, grants: list[Grant], lost: int):
    found, findings = read_grants(as_dictionary(read(data)) or {}, ANNA, "anna@lab.example: INBOX")
    assert (list(found), len(findings)) == (grants, lost)


FOREIGN = {
    "~bernd/Work/2020": (Address("lab.example", "bernd"), "Work/2020"),
    "~bo@x.example/News": (Address("x.example", "bo"), "News"),
    "~bernd": None,
    "~bernd/": None,
    "~/Work": None,
    "Work": None,
    "~a b/Work": None,
}


@pytest.mark.parametrize(("path", "found"), FOREIGN.items(), ids=FOREIGN)
def test_paths_to_mailboxes_of_others_have_an_owner_and_a_path(path, found):
    assert read_foreign(path, "lab.example") == found


CONTACTS = {
    "names of CommuniGate": (b'{City="Wien";Department=IT;FirstName=Anna;FamilyName=B;}',
                             (("givenName", ("Anna",)), ("l", ("Wien",)), ("ou", ("IT",)), ("sn", ("B",)))),
    "names of the directory first": (b"{City=Wien;l=Graz;}", (("l", ("Graz", "Wien")),)),
    "each value once": (b"{City=Wien;l=Wien;}", (("l", ("Wien",)),)),
    "several": (b'{telephoneNumber=("1","2");}', (("telephoneNumber", ("1", "2")),)),
    "nothing": (b'{l="";ou=default;o=" ";}', ()),
    "not UTF-8": (b'{l="K\\246ln";}', (("l", ("Köln",)),)),
}  # fmt: skip


@pytest.mark.parametrize(("data", "contact"), CONTACTS.values(), ids=CONTACTS)
def test_the_person_is_described_in_the_attributes_of_the_directory(data: bytes, contact: Value):
    assert read_contact(as_dictionary(read(data)) or {}) == contact


def test_outside_accounts_are_read_with_what_was_fetched_and_without_their_password_in_rows():
    rpops = read(
        b'{home={authName=j;domain="POP.example:1995";password="s3cret";period="600s";mailbox="In/J";leave=YES;TLS=YES;};'
        b'old={authName=k;domain="pop.old.example";APOP=YES;};none={domain="";password=s3cret;New=1;};}'
    )
    polled, findings = read_polled(rpops, {"home": b"uid1\r\nuid2\n"}, "anna@lab.example", NameEncoding.UTF8)
    home, old = polled
    assert (home.host, home.port, home.user, home.password) == ("pop.example", 1995, "j", Secret("s3cret"))
    assert (home.tls, home.leave, home.period_s, home.mailbox) == (True, True, 600, ("In", "J"))
    assert home.seen == ("uid1", "uid2")
    assert (old.apop, old.password, old.seen) == (True, None, None)
    assert "s3cret" not in repr(findings)
    outcomes = {each.what: each.outcome for each in findings}
    assert (outcomes["RPOP home"], outcomes["RPOP old"]) == (Outcome.KEPT, Outcome.CHANGED)
    assert (outcomes["RPOP none"], outcomes["New"]) == (Outcome.UNREADABLE, Outcome.DROPPED)


def test_a_seen_list_of_another_form_is_not_guessed():
    rpops = read(b"{home={authName=j;domain=pop.example;password=x;leave=YES;};}")
    [home], findings = read_polled(rpops, {"x": b"\x00\x01binary things"}, "anna@lab.example", NameEncoding.UTF8)
    assert home.seen is None
    assert [each.outcome for each in findings if each.what == "RPOP home"] == [Outcome.CHANGED]


@given(st.binary(max_size=200))
def test_any_file_is_a_list_of_ids_or_none(file: bytes):
    seen = read_seen(file)
    assert seen is None or all(0 < len(each) <= 70 and each.isprintable() and " " not in each for each in seen)


TIMES = {"15": 15, "600s": 600, "5m": 300, "10h": 36000, "7d": 604800, "30 min": 1800, "1 day": 86400, "soon": None,
         "": None, "-1": None}  # fmt: skip


@pytest.mark.parametrize(("text", "seconds"), TIMES.items(), ids=TIMES)
def test_times_are_read_in_seconds(text: str, seconds: int | None):
    assert read_seconds(text) == seconds


def test_an_account_without_what_the_source_does_not_tell_inherits_all():
    raw = RawAccount(
        name="anna",
        domain="lab.example",
        explicit={"RealName": "Anna", "MaxAccountSize": "default"},
        defaults=RawDefaults(
            domain={"o": "Lab"}, server={"MaxAccountSize": "5M"}, domain_prefs={"SentBox": "Raus"},
            server_prefs={"SentBox": "Sent Items", "TrashBox": "Weg"},
        ),
        mailboxes={"INBOX": {}, "Raus": {}, "Weg": {}, "Ordner": ()},
        mailbox_aliases={"News": "~public/News", "Self": "Raus"},
        subscriptions=("INBOX", "~bernd@x.example/Work", "~"),
        telnums=("123",),
        files={"a.txt": {}, "private": ()},
        kind="agrade",
    )  # fmt: skip
    account = decode_account(raw).value
    assert account is not None
    assert account.quota_bytes == 5 * 1024 * 1024
    assert account.contact == (("o", ("Lab",)),)
    assert [(each.role, each.name) for each in account.roles] == [(Role.SENT, ("Raus",)), (Role.TRASH, ("Weg",))]
    assert account.folders == (("Ordner",),)
    assert account.shares == (MailboxAlias(("News",), ForeignMailbox(Address("lab.example", "public"), ("News",))),)
    assert account.foreign_subscriptions == (ForeignMailbox(Address("x.example", "bernd"), ("Work",)),)
    rows = {(each.kind, each.outcome.value, each.what) for each in decode_account(raw).findings}
    assert rows >= {
        ("account", "changed", "kind agrade"),
        ("account", "dropped", "numbers 123"),
        ("account", "dropped", "file storage with 2 names"),
        ("mailbox", "dropped", "mailbox alias Self = Raus"),
        ("subscription", "unreadable", "subscription ~"),
        ("password", "dropped", "Password"),
    }


VALUES: st.SearchStrategy[Value] = st.recursive(
    st.text(st.characters(exclude_categories=()), max_size=6) | st.integers() | st.none() | st.binary(max_size=4),
    lambda inner: st.lists(inner, max_size=3).map(tuple) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=4,
)
DICTIONARIES = st.dictionaries(
    st.sampled_from(["RealName", "Password", "AccessModes", "MaxAccountSize", "Rules", "l", "SentBox", "INBOX", "a/b"])
    | st.text(max_size=4),
    VALUES,
    max_size=5,
)


@given(st.builds(
    RawAccount, name=st.text(max_size=5) | st.just("anna"), domain=st.just("lab.example"), explicit=DICTIONARIES,
    effective=st.none() | DICTIONARIES, aliases=VALUES, rules=VALUES, rpops=VALUES | DICTIONARIES, prefs=VALUES,
    effective_prefs=VALUES | DICTIONARIES, rights=VALUES, acl=VALUES | DICTIONARIES, mailboxes=VALUES | DICTIONARIES,
    mailbox_acls=st.dictionaries(st.sampled_from(["INBOX", "a/b"]), VALUES), mailbox_aliases=VALUES | DICTIONARIES,
    subscriptions=VALUES, telnums=VALUES, files=VALUES,
))  # fmt: skip
def test_whatever_a_source_tells_there_is_an_account_or_a_finding_and_rows_that_can_be_written(raw: RawAccount):
    found = decode_account(raw)
    assert found.value is not None or found.findings
    for row in found.findings:
        "".join((row.object, row.what, row.why, row.todo, row.detail)).encode()
