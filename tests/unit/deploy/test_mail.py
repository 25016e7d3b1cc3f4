from pathlib import Path

from deploy.local.mail import MailFolder


def test_messages_of_one_moment_sort_by_arrival_and_keep_their_bytes(tmp_path: Path) -> None:
    folder = MailFolder(tmp_path / "mail", clock_ns=lambda: 17)
    for number in range(200):
        folder.save(b"Subject: %d\r\n\r\nstraight \xff through" % number)

    files = sorted((tmp_path / "mail").iterdir())
    assert {file.suffix for file in files} == {".eml"}
    assert [file.read_bytes() for file in files] == [
        b"Subject: %d\r\n\r\nstraight \xff through" % number for number in range(200)
    ]
