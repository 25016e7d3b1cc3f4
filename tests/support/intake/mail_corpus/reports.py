"""Reports as mail programs write them: clients, attachments, signatures."""

from base64 import b64encode

from tests.support.intake.mail_corpus.making import Case, html, mail, parts, plain

HOLE = "Pothole at NE 33rd and Fremont"
PLACE = "NE 33rd and Fremont"
SPANISH = "Hay un bache en la calle 82 y Powell"
_PICTURE = b64encode(b"\xff\xd8 a photograph").decode()
_BIG = b64encode(b"\xff\xd8" + bytes(9_000)).decode()
_BASE64 = "Content-Transfer-Encoding: base64"


def _image(content: str, more: str) -> str:
    return f"Content-Type: image/jpeg\n{_BASE64}\n{more}\n\n{content}"


REPORTS = [
    Case("plain text", mail(HOLE), "request", HOLE, PLACE),
    Case(
        "subject and text",
        mail("Very deep.", subject=HOLE),
        "request",
        f"{HOLE}\n\nVery deep.",
        PLACE,
    ),
    Case(
        "the text repeats the subject",
        mail(f"{HOLE}, deep", subject=HOLE),
        "request",
        f"{HOLE}, deep",
        PLACE,
    ),
    Case("subject alone", mail("", subject=HOLE), "request", HOLE, PLACE),
    Case("Spanish", mail(SPANISH), "request", SPANISH, "calle 82 y Powell"),
    Case(
        "a kind that needs no place",
        mail("How do I get a bigger recycling bin?", subject="Question"),
        "request",
        "Question\n\nHow do I get a bigger recycling bin?",
    ),
    Case("no place", mail("A bench is broken"), "question (where)", "A bench is broken"),
    Case("no subject, no text", mail(""), "question (what and where)"),
    Case(
        "a greeting",
        mail("Hello, good morning"),
        "question (what and where)",
        "Hello, good morning",
    ),
    Case(
        "a place alone",
        mail("3939 SE Hawthorne Blvd"),
        "question (what)",
        "3939 SE Hawthorne Blvd",
        "3939 SE Hawthorne Blvd",
    ),
    Case(
        "a danger",
        mail(f"A man is trapped in a burning car at {PLACE}"),
        "danger",
        f"A man is trapped in a burning car at {PLACE}",
        PLACE,
    ),
    Case(
        "a danger without a place",
        mail("A power line is down and sparking on the sidewalk"),
        "danger, question (where)",
        "A power line is down and sparking on the sidewalk",
    ),
    Case(
        "Gmail",
        parts(plain(HOLE), html(f"<div dir=ltr>{HOLE}</div>"), kind="alternative"),
        "request",
        HOLE,
        PLACE,
    ),
    Case(
        "Outlook, HTML alone",
        mail(
            f"<html><head><style>p {{color:red}}</style></head>"
            f"<body><p>{HOLE}</p><p>Very deep.</p></body></html>",
            kind="text/html; charset=utf-8",
        ),
        "request",
        f"{HOLE}\n\nVery deep.",
        PLACE,
    ),
    Case(
        "an empty plain alternative",
        parts(plain(" "), html(f"<p>{HOLE}</p>"), kind="alternative"),
        "request",
        HOLE,
        PLACE,
    ),
    Case(
        "Apple Mail, text around a picture",
        parts(
            plain("Pothole, see"),
            _image(_PICTURE, "Content-Disposition: inline; filename=IMG_1.jpg"),
            plain(f"at {PLACE}"),
        ),
        "request",
        f"Pothole, see\n\nat {PLACE}",
        PLACE,
        pictures=1,
    ),
    Case(
        "a picture alone",
        parts(_image(_PICTURE, "Content-Disposition: attachment; filename=IMG_1.jpg")),
        "question (what and where)",
        pictures=1,
    ),
    Case(
        "a logo in the signature",
        parts(
            html(f"{HOLE}<img src='cid:l'>"), _image(_PICTURE, "Content-ID: <l>"), kind="related"
        ),
        "request",
        HOLE,
        PLACE,
    ),
    Case(
        "a photograph in the text",
        parts(html(f"{HOLE}<img src='cid:l'>"), _image(_BIG, "Content-ID: <l>"), kind="related"),
        "request",
        HOLE,
        PLACE,
        pictures=1,
    ),
    Case(
        "a HEIC file without a type",
        parts(
            plain(HOLE),
            f"Content-Type: application/octet-stream; name=IMG_2.HEIC\n{_BASE64}\n\n{_PICTURE}",
        ),
        "request",
        HOLE,
        PLACE,
        pictures=1,
    ),
    Case(
        "a PDF",
        parts(
            plain(HOLE),
            f"Content-Type: application/pdf\nContent-Disposition: attachment; filename=plan.pdf\n{_BASE64}\n\n{_PICTURE}",
        ),
        "request",
        HOLE,
        PLACE,
    ),
    Case(
        "a voice memo alone",
        parts(
            f"Content-Type: audio/mp4\nContent-Disposition: attachment; filename=memo.m4a\n{_BASE64}\n\n{_PICTURE}"
        ),
        "question (what and where)",
    ),
    Case(
        "S/MIME, encrypted",
        mail(
            _PICTURE,
            kind="application/pkcs7-mime; smime-type=enveloped-data",
            Content_Transfer_Encoding="base64",
        ),
        "question (what and where)",
    ),
    Case(
        "S/MIME, signed",
        parts(
            plain(HOLE),
            f"Content-Type: application/pkcs7-signature\n{_BASE64}\n\n{_PICTURE}",
            kind="signed",
        ),
        "request",
        HOLE,
        PLACE,
    ),
    Case(
        "signature",
        mail(f"{HOLE}\n\n-- \nAna Lopez\n600 SE Oak St\n503-555-0142"),
        "request",
        HOLE,
        PLACE,
    ),
    Case("Sent from my iPhone", mail(f"{HOLE}\n\nSent from my iPhone"), "request", HOLE, PLACE),
    Case(
        "Enviado desde mi iPhone",
        mail(f"{SPANISH}\n\nEnviado desde mi iPhone"),
        "request",
        SPANISH,
        "calle 82 y Powell",
    ),
    Case(
        "Get Outlook for iOS",
        mail(f"{HOLE}\n\nGet Outlook for iOS<https://aka.ms/o0ukef>"),
        "request",
        HOLE,
        PLACE,
    ),
    Case(
        "disclaimer",
        mail(
            f"{HOLE}\n\nThis email and any files are confidential and intended solely for the addressee.\n\nIf you are not the intended recipient, delete it."
        ),
        "request",
        HOLE,
        PLACE,
    ),
    Case(
        "aviso de confidencialidad",
        mail(f"{SPANISH}\n\nAviso de confidencialidad: este mensaje es para su destinatario."),
        "request",
        SPANISH,
        "calle 82 y Powell",
    ),
    Case(
        "nothing but a mark of the telephone",
        mail("Sent from my iPhone"),
        "question (where)",
        "Sent from my iPhone",
    ),
]
