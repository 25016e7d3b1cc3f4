"""Reports in many charsets and encodings."""

from base64 import b64encode
from quopri import encodestring

from tests.support.intake.mail_corpus.making import Case, mail
from tests.support.intake.mail_corpus.reports import HOLE, PLACE, SPANISH

CHARSETS = [
    Case(
        "quoted-printable",
        mail(encodestring(f"{HOLE} — deep".encode()), Content_Transfer_Encoding="quoted-printable"),
        "request",
        f"{HOLE} — deep",
        PLACE,
    ),
    Case(
        "base64",
        mail(b64encode(HOLE.encode()), Content_Transfer_Encoding="base64"),
        "request",
        HOLE,
        PLACE,
    ),
    Case(
        "ISO-8859-1",
        mail(
            "Semáforo apagado en la calle 82 y Powell",
            charset="latin-1",
            kind="text/plain; charset=ISO-8859-1",
        ),
        "request",
        "Semáforo apagado en la calle 82 y Powell",
        "calle 82 y Powell",
    ),
    Case(
        "Windows-1252 as ASCII",
        mail(f"{HOLE} – it’s deep", charset="cp1252", kind="text/plain; charset=us-ascii"),
        "request",
        f"{HOLE} – it’s deep",
        PLACE,
    ),
    Case(
        "UTF-8 without a charset",
        mail("Semáforo apagado en la calle 82 y Powell", kind="text/plain"),
        "request",
        "Semáforo apagado en la calle 82 y Powell",
        "calle 82 y Powell",
    ),
    Case(
        "UTF-16",
        mail(
            b64encode(HOLE.encode("utf-16")),
            kind="text/plain; charset=utf-16",
            Content_Transfer_Encoding="base64",
        ),
        "request",
        HOLE,
        PLACE,
    ),
    Case(
        "KOI8-R",
        mail("Яма на дороге", charset="koi8-r", kind="text/plain; charset=koi8-r"),
        "question (where)",
        "Яма на дороге",
    ),
    Case(
        "GB2312",
        mail("道路上有一个大坑", charset="gb2312", kind="text/plain; charset=gb2312"),
        "question (where)",
        "道路上有一个大坑",
    ),
    Case(
        "ISO-2022-JP",
        mail("道路に穴があります", charset="iso2022_jp", kind="text/plain; charset=iso-2022-jp"),
        "question (where)",
        "道路に穴があります",
    ),
    Case(
        "Shift JIS",
        mail("道路に穴があります", charset="shift_jis", kind="text/plain; charset=Shift_JIS"),
        "question (where)",
        "道路に穴があります",
    ),
    Case(
        "a charset that nobody knows",
        mail(HOLE, kind="text/plain; charset=x-klingon"),
        "request",
        HOLE,
        PLACE,
    ),
    Case(
        "encoded subject",
        mail(
            "", subject="=?utf-8?B?SGF5IHVuIGJhY2hlIGVuIGxhIGNhbGxl?=\r\n =?utf-8?Q?_82_y_Powell?="
        ),
        "request",
        SPANISH,
        "calle 82 y Powell",
    ),
    Case(
        "a letter cut between encoded words",
        mail("", subject="=?utf-8?Q?Sem=C3?= =?utf-8?Q?=A1foro?= 82 y Powell"),
        "question (where)",
        "Semáforo 82 y Powell",
    ),
    Case(
        "raw UTF-8 in headers",
        mail("", subject=SPANISH + " señor"),
        "request",
        f"{SPANISH} señor",
        "calle 82 y Powell",
    ),
]
