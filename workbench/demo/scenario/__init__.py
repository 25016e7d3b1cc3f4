"""The scenario that the demo runs: a pure function of seed, date and number of requests.

Nothing in it is copied from real reports: streets are real, residents and their words are invented.
"""

from workbench.demo.scenario.submissions import DemoSubmission, UnreadableRecord
from workbench.demo.scenario.timeline import Scenario, make_scenario

__all__ = ["DemoSubmission", "Scenario", "UnreadableRecord", "make_scenario"]
