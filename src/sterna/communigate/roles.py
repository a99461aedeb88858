"""Find out what an account's mailboxes are for: by its owner's preferences, then by their names.

CommuniGate has no special uses (RFC 6154) of its own; its web interface keeps the names in the preferences, and other
mail programs make mailboxes under names in the language of their user.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

from sterna.communigate.names import NameEncoding, is_foreign, mailbox_name
from sterna.communigate.values import Dictionary, as_text
from sterna.model.mailbox import INBOX, MailboxName
from sterna.model.roles import Role, RoleMailbox

PREFERENCES: Final[Mapping[str, Role]] = {
    "SentBox": Role.SENT,
    "DraftsBox": Role.DRAFTS,
    "TrashBox": Role.TRASH,
    "JunkBox": Role.JUNK,
    "ArchiveBox": Role.ARCHIVE,
}
"""Preferences that name the mailbox of a role."""

_NAMES: Final[Mapping[Role, tuple[str, ...]]] = {
    Role.SENT: (
        "Sent Items", "Sent", "Sent Messages", "Sent Mail", "Gesendete Objekte", "Gesendete Elemente", "Gesendet",
        "Éléments envoyés", "Messages envoyés", "Envoyés", "Posta inviata", "Inviata", "Inviati", "Elementi inviati",
        "Elementos enviados", "Enviados", "Mensajes enviados", "Itens enviados", "Mensagens enviadas",
        "Verzonden items", "Verzonden objecten", "Verzonden", "Отправленные", "Отправленные элементы", "Исходящие",
        "Надіслані", "Відправлені", "Elementy wysłane", "Wysłane", "Odeslaná pošta", "Odeslané", "Odoslaná pošta",
        "Odoslané", "Skickat", "Skickade objekt", "Sendt post", "Sendt", "Sendte elementer", "Lähetetyt",
        "Lähetetyt viestit", "Gönderilmiş öğeler", "Gönderilmiş", "Gönderilenler", "Elküldött elemek", "Elküldött",
        "Elemente trimise", "Trimise", "Απεσταλμένα", "Σταλμένα", "已发送邮件", "已发送", "已寄送的郵件", "寄件備份",
        "送信済みアイテム", "送信済み", "送信済みメール", "보낸 편지함", "보낸 메일함", "Poslano", "Изпратени",
        "נשלחו", "פריטים שנשלחו", "العناصر المرسلة", "المرسلة", "ส่งแล้ว", "Đã gửi",
    ),
    Role.DRAFTS: (
        "Drafts", "Draft", "Entwürfe", "Brouillons", "Bozze", "Borradores", "Rascunhos", "Concepten", "Черновики",
        "Чернетки", "Kopie robocze", "Szkice", "Koncepty", "Rozepsané", "Rozpísané", "Utkast", "Kladder", "Kladd",
        "Luonnokset", "Taslaklar", "Piszkozatok", "Ciorne", "Schițe", "Πρόχειρα", "草稿", "草稿箱", "草稿匣", "下書き",
        "임시 보관함", "임시보관함", "Nacrti", "Osnutki", "Чернови", "טיוטות", "مسودات", "المسودات", "ฉบับร่าง",
        "Thư nháp",
    ),
    Role.TRASH: (
        "Trash", "Deleted Items", "Deleted Messages", "Deleted", "Wastebasket", "Papierkorb", "Gelöschte Objekte",
        "Gelöschte Elemente", "Gelöscht", "Corbeille", "Éléments supprimés", "Cestino", "Posta eliminata",
        "Elementi eliminati", "Papelera", "Elementos eliminados", "Lixeira", "Lixo", "Itens excluídos", "Reciclagem",
        "Prullenbak", "Prullenmand", "Verwijderde items", "Корзина", "Удаленные", "Удалённые", "Кошик", "Видалені",
        "Kosz",
        "Elementy usunięte", "Usunięte", "Koš", "Odstraněná pošta", "Odstránená pošta", "Kôš", "Papperskorgen",
        "Borttaget", "Papirkurv", "Slettet post", "Slettede elementer", "Roskakori", "Poistetut", "Çöp kutusu",
        "Silinmiş öğeler", "Kuka", "Lomtár", "Törölt elemek", "Coș de gunoi", "Gunoi", "Elemente șterse", "Κάδος",
        "Κάδος απορριμμάτων", "Διαγραμμένα", "已删除邮件", "废件箱", "垃圾箱", "刪除的郵件", "垃圾桶", "ごみ箱",
        "ゴミ箱",
        "削除済みアイテム", "휴지통", "지운 편지함", "Smeće", "Koš za smeti", "Кошче", "אשפה", "المهملات", "ถังขยะ",
        "Thùng rác",
    ),
    Role.JUNK: (
        "Junk", "Spam", "Junk E-mail", "Junk Mail", "Bulk Mail", "Unerwünscht", "Werbung", "Spamverdacht",
        "Courrier indésirable", "Indésirables", "Pourriel", "Posta indesiderata", "Indesiderata", "Correo no deseado",
        "No deseado", "Lixo eletrônico", "Lixo electrónico", "Ongewenste e-mail", "Ongewenst", "Спам",
        "Нежелательная почта", "Небажана пошта", "Wiadomości-śmieci", "Niechciane", "Nevyžádaná pošta", "Nevyžádané",
        "Nevyžiadaná pošta", "Skräppost", "Søppelpost", "Uønsket e-post", "Uønsket mail", "Uønsket post", "Roskaposti",
        "Önemsiz", "Gereksiz", "Levélszemét", "Nedorite", "Mesaje nedorite", "Ανεπιθύμητα",
        "Ανεπιθύμητη αλληλογραφία", "垃圾邮件", "垃圾郵件", "迷惑メール", "스팸", "스팸 메일함", "정크 메일",
        "Neželjeno",
        "דואר זבל", "البريد المزعج", "อีเมลขยะ", "Thư rác",
    ),
    Role.ARCHIVE: (
        "Archive", "Archives", "Archiv", "Archivio", "Archivo", "Arquivo", "Archief", "Архив", "Архів", "Archiwum",
        "Archív", "Arkiv", "Arkisto", "Arşiv", "Archívum", "Arhivă", "Αρχειοθήκη", "存档", "归档", "封存", "アーカイブ",
        "보관함", "보관 메일함", "Arhiv", "Arhiva", "ארכיון", "الأرشيف",
    ),
}  # fmt: skip
"""Names in the order in which they are believed: what CommuniGate itself makes first."""


def decide_roles(
    prefs: Dictionary, mail: Collection[MailboxName] | None, encoding: NameEncoding
) -> tuple[RoleMailbox, ...]:
    """Return at most one mailbox for each role, and at most one role for each mailbox.

    Args:
        prefs: the preferences in force.
        mail: the account's mailboxes that hold mail; None when they are not known, then only preferences count.
        encoding: how preferences spell mailbox names.
    """
    found: dict[Role, RoleMailbox] = {}
    taken: set[MailboxName] = {INBOX}
    for key, role in PREFERENCES.items():
        path = as_text(prefs.get(key)) or ""
        if not path or path == "default" or is_foreign(path):
            continue
        name = mailbox_name(path, encoding)
        if name not in taken and (mail is None or name in mail):
            found[role] = RoleMailbox(role, name, chosen=True)
            taken.add(name)
    by_name = {_folded(name): name for name in sorted(mail or (), reverse=True)}
    for role, names in _NAMES.items():
        candidates = (by_name.get((*above, each.casefold())) for each in names for above in ((), ("inbox",)))
        guess = next((name for name in candidates if name is not None and name not in taken), None)
        if role not in found and guess is not None:
            found[role] = RoleMailbox(role, guess, chosen=False)
            taken.add(guess)
    return tuple(found[role] for role in Role if role in found)


def _folded(name: MailboxName) -> tuple[str, ...]:
    return tuple(part.casefold() for part in name)
