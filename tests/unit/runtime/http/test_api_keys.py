from hashlib import sha256

from shared.runtime.http.api_keys import hash_key


def test_a_key_is_stored_as_its_hash_and_may_hold_any_bytes() -> None:
    sent = b"key \xff\xfe"
    assert hash_key("key") == sha256(b"key").hexdigest()
    assert hash_key(sent.decode(errors="surrogateescape")) == sha256(sent).hexdigest()
