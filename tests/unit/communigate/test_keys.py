"""Every key that is met stands in a row, whatever it is and wherever it stands; no secret does."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sterna.communigate.account_keys import ACCOUNT_KEYS
from sterna.communigate.address_decoder import GROUP_KEYS, decode_group
from sterna.communigate.domain_decoder import decode_domain, decode_server
from sterna.communigate.domain_keys import DOMAIN_KEYS, SERVER_KEYS
from sterna.communigate.keys import Meaning, clean, key_findings, printable, shown
from sterna.communigate.list_decoder import decode_list
from sterna.communigate.list_keys import LIST_KEYS
from sterna.communigate.preference_keys import PREFERENCE_KEYS
from sterna.communigate.raw import RawDomain, RawList, RawServer
from sterna.communigate.values import Value
from sterna.model.finding import Finding, Outcome

KNOWN = sorted({*ACCOUNT_KEYS, *DOMAIN_KEYS, *SERVER_KEYS, *LIST_KEYS, *GROUP_KEYS, *PREFERENCE_KEYS})

KEYS = st.sampled_from(KNOWN) | st.from_regex(r"[A-Za-z]{1,12}", fullmatch=True)
VALUES: st.SearchStrategy[Value] = st.recursive(
    st.sampled_from(["YES", "NO", "default", "", "5", "20M", "anything"]) | st.integers(0, 20000) | st.none(),
    lambda inner: st.lists(inner, max_size=3).map(tuple) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)
SETTINGS = st.dictionaries(KEYS, VALUES, max_size=8)


def told(findings: tuple[Finding, ...]) -> str:
    return "\n".join(f"{each.object}\n{each.what}\n{each.detail}" for each in findings)


def names(value: Value) -> set[str]:
    if isinstance(value, dict):
        return set(value) | {name for each in value.values() for name in names(each)}
    return {name for each in value for name in names(each)} if isinstance(value, tuple) else set()


TABLES = {
    "account": ACCOUNT_KEYS,
    "domain": DOMAIN_KEYS,
    "server": SERVER_KEYS,
    "list": LIST_KEYS,
    "group": GROUP_KEYS,
    "preference": PREFERENCE_KEYS,
}


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
@given(settings=SETTINGS)
def test_every_key_at_every_depth_stands_in_a_row(table: dict[str, Meaning], settings: dict[str, Value]):
    text = told(key_findings("account", "anna@lab.example", settings, table))
    assert [name for name in names(settings) if name not in text] == []


@given(SETTINGS)
def test_every_key_of_a_list_stands_in_a_row(settings: dict[str, Value]):
    read = decode_list(RawList(name="news", domain="lab.example", settings=settings))
    assert read.value is not None
    assert [name for name in names(settings) if name not in told(read.findings)] == []


@given(SETTINGS)
def test_every_key_of_a_group_stands_in_a_row(settings: dict[str, Value]):
    read = decode_group("staff", "lab.example", settings)
    assert [name for name in names(settings) if name not in told(read.findings)] == []


@given(explicit=SETTINGS, defaults=SETTINGS, prefs=SETTINGS, template=SETTINGS)
def test_every_key_of_a_domain_and_what_it_hands_down_stands_in_a_row(explicit, defaults, prefs, template):
    raw = RawDomain(
        name="lab.example", explicit=explicit, account_defaults=defaults, account_prefs=prefs, template=template
    )
    text = told(decode_domain(raw).findings)
    # What a domain's settings repeat of its accounts' defaults is told of these.
    explicit = {key: value for key, value in explicit.items() if key != "AccountDefaults"}
    for each in (explicit, defaults, prefs, template):
        assert [name for name in names(each) if name not in text] == []


@example(settings={}, accounts={"ServiceClasses": {"Odd": None}}, prefs={})
@example(settings={}, accounts={"ServiceClasses": {"Empty": {}}}, prefs={})
@example(settings={}, accounts={"ServiceClasses": ({"Inner": "x"},)}, prefs={})
@given(st.dictionaries(st.sampled_from(["module SMTP", "network"]), SETTINGS), SETTINGS, SETTINGS)
def test_every_key_of_the_server_stands_in_a_row(settings, accounts, prefs):
    text = told(decode_server(RawServer(account_defaults=accounts, account_prefs=prefs, settings=settings)))
    for each in (*settings.values(), accounts, prefs):
        assert [name for name in names(each) if name not in text] == []


def test_keys_of_one_meaning_share_a_row_and_others_show_their_value():
    settings = {"MaxMessageSize": "20M", "AddWebBanner": "NO", "MaxWebSize": "5M", "Frobnicate": "x", "RealName": "A"}
    rows = key_findings("account", "anna@lab.example", settings, ACCOUNT_KEYS)
    assert {(row.outcome, row.what) for row in rows} == {
        (Outcome.DROPPED, "MaxMessageSize = 20M"),
        (Outcome.DROPPED, "AddWebBanner, MaxWebSize"),
        (Outcome.DROPPED, "Frobnicate"),
        (Outcome.KEPT, "RealName"),
    }


@given(st.text(min_size=8, max_size=12, alphabet="0123456789"), st.sampled_from(sorted(ACCOUNT_KEYS)))
def test_what_may_be_a_secret_is_never_shown(secret: str, key: str):
    settings = {"VoicePin": secret, "PSTNGatewayPassword": secret, "SIPPassword": secret, "Password": secret}
    text = repr(key_findings("account", "anna@lab.example", {**settings, key: "x"}, ACCOUNT_KEYS))
    assert secret not in text


SHOWN = {
    "text": ("20M", "k = 20M"),
    "array": (("10", "1m"), "k = (10, 1m)"),
    "lines": ("a\r\nb", "k = a b"),
    "long": ("x" * 200, f"k = {'x' * 79}…"),
    "dictionary": ({"a": "b"}, "k"),
    "data": (b"abc", "k"),
    "escape sequence": ("\x1b[31mred", "k = \\u001b[31mred"),
    "turned around": ("abc\u202egnp.exe", "k = abc\\u202egnp.exe"),
    "not UTF-8": ("J\udcfcrgen", "k = J\\udcfcrgen"),
}


@pytest.mark.parametrize(("value", "text"), SHOWN.values(), ids=SHOWN)
def test_a_setting_is_shown_on_one_line_that_prints(value: Value, text: str):
    assert shown("k", value) == text


@given(st.text(st.characters(exclude_categories=())))
def test_every_row_can_be_written_to_a_file(text: str):
    row = clean(Finding("account", text, Outcome.KEPT, text, text, text, text))
    assert repr(row).encode().decode() == repr(row)
    assert "\u202e" not in printable(text)
