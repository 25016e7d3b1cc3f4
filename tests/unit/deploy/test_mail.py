from pathlib import Path

from deploy.local.mail import MailFolder


def test_messages_of_one_moment_sort_by_arrival_and_keep_their_bytes(tmp_path: Path) -> None:
    mails = MailFolder(tmp_path / "mail", clock_ns=lambda: 17)
    for number in range(200):
        mails.save(b"Subject: %d\r\n\r\nstraight \xff through" % number)

    kept = sorted((tmp_path / "mail").iterdir())
    assert {file.suffix for file in kept} == {".eml"}
    assert [file.read_bytes() for file in kept] == [
        b"Subject: %d\r\n\r\nstraight \xff through" % number for number in range(200)
    ]
