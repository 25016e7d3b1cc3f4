"""The number of files and sockets that the process may open."""

import resource


def allow_open_files(count: int) -> int:
    """Raise the process's own limit of open files to a number, as far as the system allows.

    Returns:
        The limit now in force.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < count:
        soft = count if hard == resource.RLIM_INFINITY else min(count, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return soft
