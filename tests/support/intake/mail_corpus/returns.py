"""Reports of other mail servers about mail of ours, each in the shape of a kind of server."""

from email.message import Message
from email.mime.message import MIMEMessage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText

ID = "019abd6e-7c00-7a31-8f00-1d2c3b4a5968"
TO = f"bounce+{ID}@portlandoregon.gov"
_OF_US = f"""\
From: City of Portland <311@city.example>
To: ana@example.org
Subject: We got your report
Message-ID: <{ID}@city.example>

Hello.
"""


def report(kind: str, fields: str, *, original: str = _OF_US, text: str = "It failed.") -> bytes:
    """A report with these fields; a blank line parts those of the message from the recipient's."""
    message = MIMEMultipart("report", report_type=kind)
    message["From"] = "Mail Delivery System <MAILER-DAEMON@mx.example>"
    message["To"] = TO
    message["Subject"] = "Undelivered Mail Returned to Sender"
    message["Auto-Submitted"] = "auto-replied"
    message.attach(MIMEText(text))
    message.attach(_fields(kind, fields))
    message.attach(MIMEMessage(_message(original)))
    return message.as_bytes().replace(b"\n", b"\r\n")


def _message(text: str) -> Message:
    message = Message()
    head, _, body = text.partition("\n\n")
    for line in head.splitlines():
        name, _, value = line.partition(": ")
        message[name] = value
    message.set_payload(body)
    return message


def _fields(kind: str, fields: str) -> Message:
    part = Message()
    part["Content-Type"] = f"message/{kind}"
    part.set_payload([_message(block) for block in fields.strip().split("\n\n")])
    return part


def failure(status: str, action: str = "failed") -> str:
    return f"""\
Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; ana@example.org
Action: {action}
Status: {status}
"""


POSTFIX = f"""\
Reporting-MTA: dns; mx.example
X-Postfix-Queue-ID: 4Zk3Qw1x
X-Postfix-Sender: rfc822; {TO}
Arrival-Date: Tue, 24 Nov 2026 08:12:31 -0800 (PST)

Final-Recipient: rfc822; ana@example.org
Original-Recipient: rfc822;ana@example.org
Action: failed
Status: 5.1.1
Remote-MTA: dns; in.example.org
Diagnostic-Code: smtp; 550 5.1.1 <ana@example.org>: Recipient address rejected
"""
EXCHANGE = """\
Reporting-MTA: dns;BY5PR.prod.example.com
Received-From-MTA: dns;mx.example
Arrival-Date: Tue, 24 Nov 2026 16:12:31 +0000

Final-Recipient: rfc822;ana@example.org
Action: failed
Status: 5.1.10
Diagnostic-Code: smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; not found by SMTP address lookup
X-Display-Name: Ana
"""
GMAIL = """\
Reporting-MTA: dns; googlemail.example
Received-From-MTA: dns; 311@city.example
Arrival-Date: Tue, 24 Nov 2026 08:12:31 -0800 (PST)

Final-Recipient: rfc822; ana@example.org
Action: failed
Status: 5.2.1
Diagnostic-Code: smtp; 552-5.2.1 The account that you tried to reach is inactive.
Last-Attempt-Date: Tue, 24 Nov 2026 08:12:32 -0800 (PST)
"""
COMPLAINT = f"""\
Feedback-Type: abuse
User-Agent: SomeLoop/1.0
Version: 1
Original-Mail-From: <{TO}>
Source-IP: 192.0.2.1
"""
WITHOUT_SENDER = """\
Feedback-Type: abuse
User-Agent: SomeLoop/1.0
Version: 1
"""
