"""The day that the demo plays: the same for the same seed, date and number of requests.

Nothing in it is copied from real reports: streets are real, people and their words are invented.
"""

from cli.demo.scenario.garbage import Garbage
from cli.demo.scenario.plan import Day, make_day
from cli.demo.scenario.report import Report

__all__ = ["Day", "Garbage", "Report", "make_day"]
