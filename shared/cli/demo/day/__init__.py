"""The day that the demo plays: the same for the same seed, date and number of requests.

Nothing in it is copied from real reports: streets are real, people and their words are invented.
"""

from shared.cli.demo.day.garbage import Garbage
from shared.cli.demo.day.plan import Day, make_day
from shared.cli.demo.day.report import Report

__all__ = ["Day", "Garbage", "Report", "make_day"]
