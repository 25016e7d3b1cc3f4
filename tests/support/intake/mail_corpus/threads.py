"""Replies and forwards."""

from tests.support.intake.mail_corpus.making import (
    CITY,
    NUMBER,
    TAG,
    Case,
    html,
    mail,
    parts,
    plain,
)
from tests.support.intake.mail_corpus.reports import HOLE, PLACE

_RE = f"Re: Your report {NUMBER}"
_TO_US = {"In_Reply_To": f"<311+{TAG}@portlandoregon.gov>"}
_GMAIL = f"On Mon, Mar 2, 2026 at 3:00 PM City <{CITY}> wrote:"
_OUTLOOK = f"From: City <{CITY}>\nSent: Monday\nTo: Ana\nSubject: Your message\n\nWhere is it?"
_FORWARD = f"---------- Forwarded message ---------\nFrom: Ben <ben@example.org>\nDate: Sun\nSubject: hole\nTo: Ana\n\n{HOLE}"

THREADS = [
    Case("reply with a number", mail("It is worse now", subject=_RE), "note", "It is worse now"),
    Case(
        "number in References",
        mail("Thank you, still there", subject="Re: it", References=f"<{NUMBER}@notify.example>"),
        "note",
        "Thank you, still there",
    ),
    Case(
        "number without hyphens",
        mail("Still there", subject=f"about {NUMBER.replace('-', '').lower()}"),
        "note",
        "Still there",
    ),
    Case(
        "a number that nobody knows",
        mail(HOLE, subject="Re: 26-7KQ4-ABCDE2"),
        "request",
        f"26-7KQ4-ABCDE2\n\n{HOLE}",
        PLACE,
    ),
    Case(
        "Gmail, answer above",
        mail(
            f"{PLACE}\n\n{_GMAIL}\n\n> Where is it?\n> Reply.\n",
            subject="Re: Your message to 311",
            **_TO_US,
        ),
        "answer",
        PLACE,
    ),
    Case(
        "answer below",
        mail(
            f"{_GMAIL}\n> Where is it?\n> Reply.\n\n{PLACE}",
            subject="Re: Your message to 311",
            **_TO_US,
        ),
        "answer",
        PLACE,
    ),
    Case(
        "answers between the lines",
        mail(f"{_GMAIL}\n> What is it?\nA hole\n> Where is it?\n{PLACE}\n", **_TO_US),
        "answer",
        f"A hole\n{PLACE}",
    ),
    Case(
        "Gmail, HTML",
        parts(
            html(
                f"<div>{PLACE}</div><div class=gmail_quote><div>{_GMAIL.replace('<', '&lt;')}<br></div><blockquote>Where is it?<br>Reply.<br>Now.</blockquote></div>"
            ),
            kind="alternative",
            **_TO_US,
        ),
        "answer",
        PLACE,
    ),
    Case(
        "Outlook, plain",
        mail(f"{PLACE}\n\n________________________________\n{_OUTLOOK}", **_TO_US),
        "answer",
        PLACE,
    ),
    Case("Outlook, without a rule", mail(f"{PLACE}\n\n{_OUTLOOK}", **_TO_US), "answer", PLACE),
    Case(
        "iPhone",
        mail(
            f"{PLACE}\n\nSent from my iPhone\n\n> On Mar 2, 2026, at 3:00 PM, City <{CITY}> wrote:\n> \n> Where is it?\n",
            **_TO_US,
        ),
        "answer",
        PLACE,
    ),
    Case(
        "Outlook, HTML",
        mail(
            f"<p>{PLACE}</p><div style='border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0in 0in 0in'><p><b>From:</b> City<br><b>Sent:</b> Monday<br><b>To:</b> Ana<br><b>Subject:</b> Your message</p></div><p>Where is it?</p>",
            kind="text/html; charset=utf-8",
            **_TO_US,
        ),
        "answer",
        PLACE,
    ),
    Case(
        "Outlook, Original Message",
        mail(f"{PLACE}\n\n-----Original Message-----\n{_OUTLOOK}", **_TO_US),
        "answer",
        PLACE,
    ),
    Case(
        "Spanish Gmail",
        mail(
            f"Calle 82 y Powell\n\nEl lun, 2 mar 2026 a las 15:00, City (<{CITY}>) escribió:\n\n> ¿Dónde está?\n> Responda.\n",
            **_TO_US,
        ),
        "answer",
        "Calle 82 y Powell",
    ),
    Case(
        "Chinese introduction",
        mail(f"{PLACE}\n\n2026年3月2日 311 <{CITY}> 写道：\n> Where is it?\n> Reply.\n", **_TO_US),
        "answer",
        PLACE,
    ),
    Case(
        "reply from another address",
        mail(PLACE, sender="ben@example.org", **_TO_US),
        "answer",
        PLACE,
    ),
    Case(
        "reply with nothing new",
        mail("> Where is it?\n> Reply.\n", **_TO_US),
        "answer",
        "> Where is it?\n> Reply.",
    ),
    Case(
        "reply to a stranger's message",
        mail(
            f"{HOLE}\n\n{_GMAIL}\n> old\n> words\n> here",
            subject="Re: lunch",
            In_Reply_To="<1@x.example>",
        ),
        "request",
        f"lunch\n\n{HOLE}",
        PLACE,
    ),
    Case(
        "forward",
        mail(f"Please fix\n\n{_FORWARD}", subject="Fwd: hole"),
        "request",
        f"hole\n\nPlease fix\n\n{_FORWARD}",
        PLACE,
    ),
    Case(
        "forward of a quoted thread",
        mail(f"See\n\nOn Mon, Ben wrote:\n> {HOLE}\n> and more\n> words", subject="Fwd: hole"),
        "request",
        f"hole\n\nSee\n\nOn Mon, Ben wrote:\n> {HOLE}\n> and more\n> words",
        PLACE,
    ),
    Case(
        "forward without words",
        mail(_FORWARD, subject="FW: hole"),
        "request",
        f"hole\n\n{_FORWARD}",
        PLACE,
    ),
    Case(
        "Outlook forward",
        mail(
            f"See below\n\n________________________________\nFrom: Ben\nSent: Sunday\nTo: Ana\nSubject: hole\n\n{HOLE}",
            subject="RV: hole",
        ),
        "request",
        f"hole\n\nSee below\n\n________________________________\nFrom: Ben\nSent: Sunday\nTo: Ana\nSubject: hole\n\n{HOLE}",
        PLACE,
    ),
    Case(
        "forward as an attachment",
        parts(
            plain("Please fix"),
            f"Content-Type: message/rfc822\n\nFrom: ben@example.org\nSubject: Graffiti\nContent-Type: text/plain\n\n{HOLE}",
        ),
        "request",
        f"Please fix\n\nGraffiti\n\n{HOLE}",
        PLACE,
    ),
    Case(
        "Re: Fwd: Re:",
        mail(HOLE, subject="Re: Fwd: RE[2]: street"),
        "request",
        f"street\n\n{HOLE}",
        PLACE,
    ),
    Case(
        "AW: and SV:", mail(HOLE, subject="AW: SV: street"), "request", f"street\n\n{HOLE}", PLACE
    ),
]
