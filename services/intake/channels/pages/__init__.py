"""Residents' pages: report a problem, follow a report; HTML that needs no JavaScript."""
