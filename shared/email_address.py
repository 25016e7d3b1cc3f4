"""E-mail addresses: validation, normalization and equality of mailboxes."""

from email_validator import EmailNotValidError, validate_email


def normalize_email(email: str | None) -> str | None:
    """Return the address as an SMTP envelope takes it, or None when it cannot be used.

    Accepted is one plain address (RFC 5321 dot-string, at most 64 octets before the ``@`` and 254
    in all) at a domain with a dot. An internationalized domain is returned in its IDNA 2008 ASCII
    form; the local part keeps its case. Not accepted are:

    - a local part beyond ASCII: it needs SMTPUTF8 (RFC 6531), and our envelopes are ASCII;
    - display names, lists, quoted local parts, comments and address literals;
    - domains that no mail server can serve: ``.arpa``, ``.invalid``, ``.local``, ``.localhost``,
      ``.onion`` and ``.test``; domains for documentation are accepted, as RFC 6761 asks.

    No DNS query is made.
    """
    if not email:
        return None
    try:
        found = validate_email(
            email.strip(),
            allow_smtputf8=False,
            allow_quoted_local=False,
            allow_domain_literal=False,
            allow_display_name=False,
            strict=True,
            check_deliverability=False,
        )
    except EmailNotValidError:  # its text quotes the address; it goes no further
        return None
    return found.ascii_email


def without_tag(address: str) -> str:
    """Return an e-mail address without a ``+tag``, which most providers deliver to one mailbox."""
    local, at, domain = address.rpartition("@")
    return f"{local.partition('+')[0] or local}{at}{domain}"
