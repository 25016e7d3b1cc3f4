"""A server that speaks S3 on loopback and checks signatures, with one user."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

REGION = "us-east-1"
_SET_UP_CALLS = "3"
"""Calls before signatures count: those that make the user."""
_ALL_OF_S3 = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}],
}


@dataclass(frozen=True, slots=True)
class S3Server:
    """The server.

    Attributes:
        endpoint: Its base URL.
        access_key_id: Name of the user's key.
        secret_access_key: The user's key.
    """

    endpoint: str
    access_key_id: str
    secret_access_key: str

    def add_bucket(self) -> dict[str, Any]:
        """Make a bucket; return the settings of intake for it."""
        bucket = f"pictures-{uuid4()}"
        client = _client("s3", self.endpoint, self.access_key_id, self.secret_access_key)
        client.create_bucket(Bucket=bucket)
        client.close()
        return {
            "media_folder": None,
            "media_bucket": bucket,
            "media_s3_endpoint": self.endpoint,
            "media_s3_region": REGION,
            "media_s3_access_key_id": self.access_key_id,
            "media_s3_secret_access_key": self.secret_access_key,
        }


@contextmanager
def s3_server() -> Generator[S3Server]:
    """Run a server in a process of its own."""
    process = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", "0"],
        env=os.environ | {"INITIAL_NO_AUTH_ACTION_COUNT": _SET_UP_CALLS},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    with process:
        try:
            yield _with_user(_endpoint(process))
        finally:
            process.terminate()


def _endpoint(process: "subprocess.Popen[bytes]") -> str:
    """Return the base URL that the server tells."""
    assert process.stderr
    for line in process.stderr:
        if found := re.search(rb"http://127\.0\.0\.1:\d+", line):
            return found[0].decode()
    raise AssertionError("the server did not start")


def _with_user(endpoint: str) -> S3Server:
    client = _client("iam", endpoint, "anybody", "anything")
    client.create_user(UserName="intake")
    key = client.create_access_key(UserName="intake")["AccessKey"]
    client.put_user_policy(
        UserName="intake", PolicyName="all", PolicyDocument=json.dumps(_ALL_OF_S3)
    )
    client.close()
    return S3Server(endpoint, key["AccessKeyId"], key["SecretAccessKey"])


def _client(service: str, endpoint: str, key_id: str, key: str) -> Any:
    import boto3  # noqa: PLC0415 - it takes long, and few tests need it

    return boto3.client(
        service,
        endpoint_url=endpoint,
        region_name=REGION,
        aws_access_key_id=key_id,
        aws_secret_access_key=key,
    )
