"""A directory that gives few entries at a time is read whole all the same."""

import re

from hypothesis import given
from hypothesis import strategies as st

from sterna.communigate.ldap import Answer, LdapEntry, all_names
from sterna.communigate.ldap_reader import LdapDomain, members, read_domain


class LimitedDirectory:
    """Answers filters on uid as a server does that gives `limit` entries at most."""

    def __init__(self, names: set[str], limit: int) -> None:
        self.names = names
        self.limit = limit
        self.questions = 0

    def __call__(self, names: str) -> Answer:
        self.questions += 1
        begin, *without = (_plain(each) for each in re.findall(r"\(uid=((?:[^*\\]|\\[0-9a-f]{2})*)\*\)", names))
        found = [
            LdapEntry(f"uid={name}", {"uid": (name.encode(),)})
            for name in sorted(self.names)
            if name.startswith(begin) and not any(name.startswith(each) for each in without)
        ]
        return Answer(tuple(found[: self.limit]), len(found) > self.limit)


def _plain(escaped: str) -> str:
    return re.sub(r"\\([0-9a-f]{2})", lambda found: chr(int(found[1], 16)), escaped)


NAMES = st.text(st.sampled_from("abz09._-ü*(\\"), min_size=1, max_size=9)


@given(st.sets(NAMES, max_size=30), st.integers(2, 10))
def test_every_entry_is_found_or_the_beginning_of_its_name_is_told(names, limit):
    cut: list[str] = []
    found = {entry.text("uid") for entry in all_names(LimitedDirectory(names, limit), cut)}
    lost = names - found
    assert all(any(name.startswith(begin) for begin in cut) for name in lost)
    if not cut:
        assert found == names


def test_thousands_of_names_are_found_a_hundred_at_a_time():
    names = {f"u{number:04d}" for number in range(3_000)}
    directory = LimitedDirectory(names, 100)
    cut: list[str] = []
    assert {entry.text("uid") for entry in all_names(directory, cut)} == names
    assert cut == []
    assert directory.questions < 3_000


class Entries:
    """A directory of one domain as `SourceDirectory` shows it."""

    def __init__(self, *entries: LdapEntry) -> None:
        self.cut: list[str] = []
        self._entries = entries

    def below(self, domain, kind="*", attributes=()):
        yield from self._entries
        self.cut.append("x")


def entry(dn: str, **attributes: str | tuple[str, ...]) -> LdapEntry:
    values = {key: (value,) if isinstance(value, str) else value for key, value in attributes.items()}
    return LdapEntry(dn, {key.lower(): tuple(each.encode() for each in value) for key, value in values.items()})


def test_accounts_aliases_and_groups_are_what_their_classes_say():
    found: LdapDomain = read_domain(
        Entries(
            entry("uid=anna,cn=x.example", objectClass=("top", "CommuniGateAccount"), uid="Anna", cn="Anna B.", o="Lab",
                  serverAccessRights="Master, Domain"),
            entry("uid=a.b,cn=x.example", objectClass="alias", uid="a.b", aliasedObjectName="uid=anna,cn=x.example"),
            entry("uid=o,cn=x", objectClass="alias", uid="o", aliasedObjectName="uid=smith\\, j,cn=x.example"),
            entry("uid=all,cn=x", objectClass="CommuniGateGroup", uid="all@x.example",
                  groupMember=("Anna", "b@y.example")),
        ),
        "x.example",
    )  # fmt: skip
    anna = found.accounts["anna"]
    assert (anna.explicit, anna.aliases, anna.rights) == (
        {"RealName": "Anna B.", "o": "Lab"},
        ("a.b",),
        ("Master", "Domain"),
    )
    assert found.lost == ("o",)
    assert found.cut == ("x",)
    assert members(found.groups["all"], "x.example") == {"anna@x.example", "b@y.example"}
