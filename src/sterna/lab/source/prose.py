"""Words to make letters of: people, subjects and sentences in the languages and character sets of 2003 to 2012."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Voice:
    """A language in the character set its writers' mail programs used.

    Fields:
        charset: the name in Content-Type, `codec` the same for Python.
        encoding: the Content-Transfer-Encoding of its text parts.
    """

    charset: str
    codec: str
    encoding: str
    names: tuple[str, ...]
    subjects: tuple[str, ...]
    sentences: tuple[str, ...]


_GERMAN_NAMES = ("Jürgen Groß", "Änne Lützow", "Kai Möller", "Ute Weiß", "Sören Jäger", "Käthe Brüggemann")
_GERMAN_SUBJECTS = (
    "Rückfrage zur Lieferung",
    "Protokoll der Sitzung",
    "Schöne Grüße",
    "Re: Bürgschaft",
    "Öffnungszeiten",
)
_GERMAN = (
    "Vielen Dank für Ihre Nachricht vom Dienstag.",
    "Die Prüfung der Unterlagen dauert noch bis Ende der Woche.",
    "Können Sie mir bitte die Größe der Anlage bestätigen?",
    "Wir treffen uns um fünf Uhr vor dem Haupteingang.",
    "Anbei die überarbeitete Fassung, Änderungen sind gelb hervorgehoben.",
    "Der Liefertermin verschiebt sich leider um drei Tage.",
    "Für Rückfragen stehe ich jederzeit gern zur Verfügung.",
    "Bitte löschen Sie die frühere Fassung.",
)
_ENGLISH = (
    "Thanks for the quick answer, that solved it.",
    "The build broke again after the last change to the resolver.",
    "Could somebody on the list try this with a recent kernel?",
    "I have attached the minutes of the meeting and the budget.",
    "We should talk about the deadline before Thursday.",
    "From what I can see the disk was full all night.",
    "Please find the invoice below; it is due within thirty days.",
    ".. and a line that begins with two dots,",
    "-- is how a signature begins, or does it?",
)
_ENGLISH_NAMES = ("Alice Cooper", "Bob Stone", "Carol King-Smith", "Dave O'Neill", "Erin Murphy, Ltd.", "Mail System")
_ENGLISH_SUBJECTS = ("meeting notes", "Re: patch for the resolver", "invoice 2201", "Fwd: holidays", "cron <root@host>")
_RUSSIAN_NAMES = ("Иван Петров", "Ольга Смирнова", "Дмитрий Кузнецов")
_RUSSIAN_SUBJECTS = ("Отчёт за квартал", "Вопрос по договору", "Re: встреча")
_RUSSIAN = (
    "Добрый день, высылаю отчёт за прошлый месяц.",
    "Прошу подтвердить получение письма.",
    "Встреча переносится на среду, на десять часов.",
    "Договор подписан, оригинал отправлен почтой.",
)
_JAPANESE_NAMES = ("山田太郎", "佐藤花子", "鈴木一郎")
_JAPANESE_SUBJECTS = ("会議の件", "お見積りについて", "資料送付のお知らせ")
_JAPANESE = (
    "いつもお世話になっております。",
    "資料を添付いたしますので、ご確認ください。",
    "来週の会議は水曜日に変更になりました。",
    "どうぞよろしくお願いいたします。",
)
_CHINESE_NAMES = ("王小明", "李华", "陈静")
_CHINESE_SUBJECTS = ("关于合同的问题", "会议通知", "报价单")
_CHINESE = ("您好。附件是本月的报表。", "请在周五之前回复。", "会议改到下午三点。", "谢谢您的支持与合作。")
_NORDIC_NAMES = ("Sigrid Åsen", "Bjørn Ødegård", "Lærke Sørensen")
_NORDIC_SUBJECTS = ("Møte på fredag", "Spørsmål om båten", "Påminnelse \N{EN DASH} faktura")
_NORDIC = (
    "Takk for sist, det var en hyggelig kveld på brygga.",
    "Båten må males før sommeren, kan du hjelpe til?",
    "Møtet er flyttet til fredag klokka ti \N{EN DASH} ta med kake.",
    "Vær så snill å svare innen mandag.",
)

VOICES: tuple[Voice, ...] = (
    Voice("us-ascii", "ascii", "7bit", _ENGLISH_NAMES, _ENGLISH_SUBJECTS, _ENGLISH),
    Voice("utf-8", "utf-8", "8bit", _GERMAN_NAMES, _GERMAN_SUBJECTS, _GERMAN),
    Voice("UTF-8", "utf-8", "base64", _NORDIC_NAMES, _NORDIC_SUBJECTS, _NORDIC),
    Voice("utf-8", "utf-8", "quoted-printable", _GERMAN_NAMES, _GERMAN_SUBJECTS, _GERMAN),
    Voice("iso-8859-1", "latin-1", "quoted-printable", _GERMAN_NAMES, _GERMAN_SUBJECTS, _GERMAN),
    Voice("ISO-8859-1", "latin-1", "8bit", _GERMAN_NAMES, _GERMAN_SUBJECTS, _GERMAN),
    Voice("windows-1252", "cp1252", "quoted-printable", _NORDIC_NAMES, _NORDIC_SUBJECTS, _NORDIC),
    Voice("koi8-r", "koi8-r", "8bit", _RUSSIAN_NAMES, _RUSSIAN_SUBJECTS, _RUSSIAN),
    Voice("iso-2022-jp", "iso2022_jp", "7bit", _JAPANESE_NAMES, _JAPANESE_SUBJECTS, _JAPANESE),
    Voice("gb18030", "gb18030", "base64", _CHINESE_NAMES, _CHINESE_SUBJECTS, _CHINESE),
)
"""Every combination of character set and encoding that the letters use."""

VOICE_WEIGHTS = (30, 14, 6, 10, 12, 8, 7, 5, 4, 4)
"""How often each of `VOICES` writes."""

HOSTS = ("lab.example", "fjord.example", "outside.example", "crm.example", "uni.example", "lists.example")
"""Domains of writers and of Message-IDs."""
