"""What an exploder cannot do for a list. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from sterna.model.finding import Finding, Outcome
from sterna.model.lists import Delivery, MailingList, Posters, Posting
from sterna.postfix.config import LARGEST_LIST

_SLOW = 50_000
"""More members than these take Postfix half a minute or more for each message."""

_BY_MAILMAN = "Load the list into Mailman: sterna lists load"


def exploder_findings(mailing_list: MailingList) -> Iterator[Finding]:
    """Yield what is otherwise for this list as long as Postfix sends its mail to the members."""
    subject = str(mailing_list.address)
    for what, why in (*_posting(mailing_list), *_delivery(mailing_list), *_messages(mailing_list)):
        yield Finding("list", subject, Outcome.CHANGED, what, why, _BY_MAILMAN)


def _posting(each: MailingList) -> Iterator[tuple[str, str]]:
    match each.posters:
        case None:
            yield (
                "postings",
                "the source's rule who may write is not known, so only the owner may until Mailman has the list",
            )
        case Posters.MODERATED:
            yield (
                "postings: moderated",
                "nothing waits for approval: whoever is not its owner or exempt is refused with a text that says so",
            )
        case Posters.MODERATE_GUESTS:
            yield "postings: moderate guests", "guests' mail does not wait for approval, it is refused with a text"
        case Posters.OWNER | Posters.SUBSCRIBERS:
            yield (
                f"postings: {each.posters}",
                "the envelope sender decides who may write, which everybody can forge; nothing else is asked",
            )
        case Posters.ANYBODY:
            pass
    held = sum(each.posting in (Posting.MODERATED, Posting.PROHIBITED) for each in each.members)
    if held and each.posters not in (Posters.OWNER, None):
        yield f"{held} members whose messages are held or prohibited", "they are refused; nothing waits for approval"


def _delivery(each: MailingList) -> Iterator[tuple[str, str]]:
    counts = Counter(subscriber.delivery for subscriber in each.subscribers)
    digests = counts[Delivery.DIGEST] + counts[Delivery.INDEX]
    if digests:
        yield (
            f"{counts[Delivery.DIGEST]} digest and {counts[Delivery.INDEX]} index members",
            "they get each message as it comes",
        )
    receiving = digests + counts[Delivery.FEED]
    if not receiving:
        yield "members", "nobody would get its mail, so its owner does"
    elif receiving > LARGEST_LIST:
        why = (
            f"Postfix sends a message to {LARGEST_LIST} addresses at most, and refuses one for more for the time being"
        )
        yield f"{receiving} members", why
    elif receiving > _SLOW:
        why = (
            "while a sender waits, Postfix looks each member up, up to a few milliseconds each; a sender that waits "
            "for minutes may give up and send the message once more"
        )
        yield f"{receiving} members", why
    why = (
        "a member's mail server sends bounces to the author of a message, not to the list: Postfix sets another sender "
        "only for aliases of local(8), which these are not; Mailman counts bounces"
    )
    yield "bounces", why


def _messages(each: MailingList) -> Iterator[tuple[str, str]]:
    shape = [
        name
        for name, there in (
            ("subject prefix", each.subject_prefix),
            ("header", each.header),
            ("footer", each.footer),
            ("answers to the list", each.reply_to_list),
            ("hidden authors", each.hide_from),
            ("List-Id and its relatives", True),
        )
        if there
    ]
    yield "how messages look", f"they are passed on as they come, without {', '.join(shape)}"
    if each.size_limit_bytes is not None:
        yield f"size limit {each.size_limit_bytes} bytes", "Postfix's own limit counts, which is the same for all"
    if each.archive:
        yield "archive", "nothing is added to the archive; what is in it is in the owner's mailboxes"
