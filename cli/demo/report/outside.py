"""Who outside the city must act, and who was told to call 911."""

from collections import Counter
from collections.abc import Iterator

from rich.console import RenderableType
from rich.text import Text

from cli.demo.report.layout import counted, heading, table
from cli.demo.report.outcome import Outcome


def outside(outcome: Outcome) -> Iterator[RenderableType]:
    """Count the advice to call 911 and the referrals, with the telephone numbers."""
    decisions = outcome.facts.decisions.values()
    emergencies = Counter(d.emergency.code for d in decisions if d.emergency)
    names = {emergency.code: emergency.name.en for emergency in outcome.city.emergencies}
    yield heading("911 and referrals")
    kinds = ", ".join(f"{names.get(code, code)} {n}" for code, n in emergencies.most_common())
    told = counted(emergencies.total(), "reporter was", "reporters were")
    yield Text(f"{told} told at once to call 911" + (f" ({kinds})." if kinds else "."))
    referred = Counter(
        (d.referral.name, d.referral.phone or "", d.outcome == "referral")
        for d in decisions
        if d.referral
    )
    agencies = dict.fromkeys((name, phone) for (name, phone, _), _ in referred.most_common())
    yield table(
        "agency",
        "phone:",
        "instead",
        "as well",
        rows=[(*agency, referred[*agency, True], referred[*agency, False]) for agency in agencies],
    )
