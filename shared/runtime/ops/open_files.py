"""The limit of open files and sockets."""

import resource


def allow_open_files(count: int) -> int:
    """Raise the limit of open files as far as the system allows; return the present limit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < count:
        soft = count if hard == resource.RLIM_INFINITY else min(count, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return soft
