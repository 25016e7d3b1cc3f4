"""Triage decides what a request is: a new problem, one that is known, or not the city's.

Consumes ``intake-requests``, ``intake-requests-express``, ``dispatch-closings`` and
``triage-surges``; produces ``triage-decisions``; owns the PostgreSQL schema ``triage``.

Beside it the surge watcher, a process of its own (``stream``), reads the requests too and
produces ``triage-surges``.
"""
