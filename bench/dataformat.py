"""How quick CommuniGate's text format is read, and how much memory a file of 100 MB takes.

``python -m bench.dataformat`` prints one line a sample: smallest, median and largest speed of seven runs on one core.
"""

from __future__ import annotations

import gc
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Final

from sterna.communigate.dataformat import read
from sterna.communigate.syntax import Form

RUNS: Final = 7
MB: Final = 1_000_000

_ACCOUNT: Final = """\
{
 AccessModes = (26,Mail,Relay,POP,IMAP,TLS,WebMail,PWD);
 ArchiveMessagesAfter = 0;
 DefaultMailboxType = MailDirMailbox;
 Department = "Purchasing and Stores";
 MailToAll = YES;
 MaxAccountSize = 500M;
 MaxMailboxes = "-1";
 MaxMessageSize = 30M;
 Password = "correct horse battery %(n)d";
 PasswordEncryption = A-crpt;
 PWDAllowed = YES;
 QuotaAlert = 80;
 QuotaNotice = 90;
 RPOPAllowed = NO;
 RealName = "%(name)s";
 RequireAPOP = NO;
 RulesAllowed = "Filter Only";
 ServiceClass = standard;
 UseAppPassword = YES;
 UseExtPassword = NO;
 UseKerberosPassword = NO;
 UseSysPassword = NO;
%(rules)s telephoneNumber = "+49 30 5550 %(n)d";
}
"""
_RULES: Final = (
    ' Rules = ((5,"To work",((Subject,is,"*[work]*")),(("Store in","Work/2011"),(Discard))),'
    '(3,Boss,((From,in,"boss@lab.example,*@fjord.example")),((Mark,Flagged))),'
    '(2,"#Vacation",(("Human Generated","---"),(From,"not in","#RepliedAddresses")),'
    '(("Reply with","+Subject: Away: ^S\\eIn-Reply-To: ^I\\e\\eI am away until Monday.\\eBye"),'
    "(\"Remember 'From' in\",RepliedAddresses))));\n"
)


def account(number: int) -> bytes:
    """Return the account.settings of one of many people: every eighth has rules, every fifth a name beyond ASCII."""
    name = "Jürgen Öztürk" if number % 5 == 0 else f"Jane Doe {number}"
    text = _ACCOUNT % {"n": number, "name": name, "rules": _RULES if number % 8 == 0 else ""}
    return text.encode()


def large(size_bytes: int) -> bytes:
    """Return one file of about this size: a dictionary of people's settings."""
    row = account(1).replace(b"\n ", b" ").replace(b"\n", b"")
    return b"{\n" + b"".join(b" person%d = %s;\n" % (n, row) for n in range(size_bytes // (len(row) + 20))) + b"}\n"


def samples() -> Iterator[tuple[str, list[bytes], Form]]:
    """Yield samples: what they are, texts of at least a megabyte together, and where such texts stand."""
    yield "account.settings, 2,000 files", [account(n) for n in range(2000)], Form.FILE
    yield "one large dictionary", [large(MB)], Form.FILE
    yield "rules only", [b"{\n" + _RULES.encode() + b"}\n"] * 2000, Form.FILE
    objects = b"".join(b'user%d=macnt;"j.doe%d"=(user%d);' % (n, n, n) for n in range(30_000))
    yield "reply of LISTDOMAINOBJECTS", [b'("30000",{%s},"30000","0","")' % objects], Form.LINE
    boxes = b"".join(b'"Work/Project %d"={Messages=#%d;Size=#%d;Class="";};' % (n, n, n * 977) for n in range(20_000))
    yield "reply of LISTMAILBOXES", [b"{%s}" % boxes], Form.LINE
    subscriber = b'{Sub="ann%d@example.org";RealName="Ann %d";mode=feed;subscribeTime=#T01-02-2010_10:00:00;posts=#4;}'
    rows = b",".join(subscriber % (n, n) for n in range(10_000))
    yield "reply of READSUBSCRIBERS", [b"(#10000,(%s))" % rows], Form.LINE


def speeds(texts: list[bytes], form: Form) -> list[float]:
    """Return the speeds of several runs, in MB/s, from the slowest to the quickest."""
    size = sum(map(len, texts))
    found = []
    for _ in range(RUNS):
        gc.collect()
        began = time.process_time()
        for text in texts:
            read(text, form=form)
        found.append(size / MB / (time.process_time() - began))
    return sorted(found)


def memory() -> None:
    """Read a file of 100 MB and print how long that took and how much memory it needed at most."""
    text = large(100 * MB)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.process_time()
    value = read(text, form=Form.FILE)
    seconds = time.process_time() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert isinstance(value, dict)  # noqa: S101  a measurement of something else would mean nothing
    print(
        f"{len(text) / MB:.0f} MB: {seconds:.1f} s, {len(text) / MB / seconds:.1f} MB/s; "
        f"{(peak - before) * 1024 / MB:.0f} MB of memory at most besides the text itself, for {len(value)} dictionaries"
    )


def main() -> None:
    """Print all figures."""
    for name, texts, form in samples():
        found = speeds(texts, form)
        print(f"{name:32} {found[0]:6.1f} {statistics.median(found):6.1f} {found[-1]:6.1f} MB/s")
    # In a process of its own, because the peak of a process never sinks.
    subprocess.run([sys.executable, "-m", "bench.dataformat", "memory"], check=True)


if __name__ == "__main__":
    memory() if sys.argv[1:] == ["memory"] else main()
