"""Messages that nobody wrote, and hostile ones."""

from tests.support.intake.mail_corpus.making import (
    CITY,
    NUMBER,
    Case,
    html,
    mail,
    parts,
    plain,
)
from tests.support.intake.mail_corpus.reports import HOLE, PLACE

_AWAY = "I am out of the office until Monday."
_FAILED = "Content-Type: message/delivery-status\n\nStatus: 5.1.1"

MACHINES = [
    Case(
        "out of office",
        mail(_AWAY, subject=f"Automatic reply: {NUMBER}", Auto_Submitted="auto-replied"),
        "machine",
    ),
    Case("auto-generated", mail(HOLE, Auto_Submitted="auto-generated; owner=x"), "machine"),
    Case("Auto-Submitted: no", mail(HOLE, Auto_Submitted="No"), "request", HOLE, PLACE),
    Case(
        "bounce",
        parts(
            plain("Undelivered"),
            _FAILED,
            kind='report; report-type="delivery-status"',
            sender="MAILER-DAEMON@mx.example.org",
        ),
        "machine",
        return_path="<>",
    ),
    Case(
        "bounce with a return path",
        parts(plain("Undelivered"), _FAILED, kind='report; report-type="delivery-status"'),
        "machine",
    ),
    Case("null return path", mail(HOLE), "machine", return_path="<>"),
    Case(
        "read receipt",
        parts(
            plain("Read"), "Content-Type: message/disposition-notification\n\nx: y", kind="report"
        ),
        "machine",
    ),
    Case(
        "mailer daemon",
        mail("Your message could not be sent", sender="Mail <mailer-daemon@mx.example.org>"),
        "machine",
    ),
    Case("mailing list", mail(HOLE, List_Id="Neighbours <n.example.org>"), "machine"),
    Case("Precedence: bulk", mail(HOLE, Precedence="bulk"), "machine"),
    Case("Precedence: junk", mail(HOLE, Precedence="Junk"), "machine"),
    Case("Precedence: list", mail(HOLE, Precedence="list"), "machine"),
    Case("old autoresponder", mail(_AWAY, X_Autoreply="yes"), "machine"),
    Case("from our own address", mail(HOLE, sender=CITY), "own"),
    Case("from an address of answers", mail(HOLE, sender="311+x@PortlandOregon.gov"), "own"),
    Case(
        "noreply",
        mail("A bench is broken", sender="noreply@example.org"),
        "request",
        "A bench is broken",
    ),
]

HOSTILE = [
    Case("no headers at all", f"\r\n{HOLE}".encode(), "request", HOLE, PLACE),
    Case("no From", mail(HOLE, sender=""), "request", HOLE, PLACE),
    Case("comments in comments in From", mail(HOLE, sender="(" * 5_000), "request", HOLE, PLACE),
    Case("nothing at all", b"", "empty"),
    Case(
        "a boundary that never comes",
        mail(HOLE, kind='multipart/mixed; boundary="x"'),
        "request",
        HOLE,
        PLACE,
    ),
    Case(
        "a hundred parts in each other",
        mail(
            "".join(
                f'--{n}\nContent-Type: multipart/mixed; boundary="{n + 1}"\n\n' for n in range(100)
            )
            + HOLE,
            kind='multipart/mixed; boundary="0"',
        ),
        "question (where)",
    ),
    Case("3,000 parts", parts(*[plain("x")] * 3_000), "too long"),
    Case(
        "20,000 tags",
        mail("<div>" * 20_000 + HOLE, kind="text/html; charset=utf-8"),
        "request",
        HOLE,
        PLACE,
    ),
    Case(
        "script and style",
        mail(
            f"<script>alert(1)</script><style>x</style><b onclick=x>{HOLE}</b>",
            kind="text/html; charset=utf-8",
        ),
        "request",
        HOLE,
        PLACE,
    ),
    Case(
        "header injection in the subject",
        mail(HOLE, subject="=?utf-8?Q?x=0D=0ABcc:_eve@example.org?="),
        "request",
        f"x  Bcc: eve@example.org\n\n{HOLE}",
        PLACE,
    ),
    Case(
        "control and reordering characters",
        mail(f"\x00\x1b[31m\u202e{HOLE}\u2066"),
        "request",
        f"[31m{HOLE}",
        PLACE,
    ),
    Case(
        "broken base64",
        mail("=?utf-8?B?!!?= \x80", subject="=?utf-8?B?a?=", Content_Transfer_Encoding="base64"),
        "question (where)",
    ),
    Case("a megabyte in one line", mail(f"{HOLE} " + "x" * 1_000_000), "too long"),
    Case(
        "20,000 quoted lines",
        mail(f"{HOLE}\n" + "> \n" * 20_000, subject="Re: x"),
        "request",
        f"x\n\n{HOLE}",
        PLACE,
    ),
    Case(
        "a Message-ID of a thousand characters",
        mail(HOLE, Message_ID=f"<{'x' * 1_000}@y>"),
        "request",
        HOLE,
        PLACE,
    ),
    Case(
        "Punycode for a charset",
        mail(HOLE, kind="text/plain; charset=punycode"),
        "request",
        HOLE,
        PLACE,
    ),
    Case(
        "HTML beneath plain text",
        parts(plain(HOLE), html("<p>Something else</p>"), kind="alternative"),
        "request",
        HOLE,
        PLACE,
    ),
]
