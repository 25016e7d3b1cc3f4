"""``route311 insight rates``: reporting rates from any city's export."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal

import typer

from cli.insight.incidents import Columns, UnreadableReportsError, read_incidents
from cli.insight.model import fit
from services.insight.rules.reporting import reporting_ratios

_DECIMALS = 6

insight = typer.Typer()


@insight.command()
def rates(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="CSV, plain or gzip.")],
    kind: Annotated[str, typer.Option(metavar="COL", help="Column of the kind.")],
    district: Annotated[str, typer.Option(metavar="COL", help="Column of the district.")],
    incident: Annotated[
        str,
        typer.Option(
            metavar="COL", help="Column of the incident; empty where a report stands alone."
        ),
    ],
    report: Annotated[str, typer.Option(metavar="COL", help="Column of the report's id.")],
    opened: Annotated[str, typer.Option(metavar="COL", help="Column of the report's time.")],
    ended: Annotated[
        str, typer.Option(metavar="COL", help="Column of the problem's end; empty while it stands.")
    ],
    model: Annotated[
        Literal["poisson", "zip"],
        typer.Option(help="zip: a share of incidents never gets a later report."),
    ] = "poisson",
    covariates: Annotated[
        str, typer.Option(metavar="COL,…", help="Columns of numbers, separated by commas.")
    ] = "",
    days: Annotated[
        float, typer.Option(min=0.001, help="Window after the first report, in days.")
    ] = 30.0,
    min_days: Annotated[
        float, typer.Option(min=0, help="Leave out incidents that were observed no longer.")
    ] = 0.0,
) -> None:
    """Estimate how often standing problems are reported, by kind and district, as JSON.

    A row is a report. An incident is observed from its first report to its end there, or for
    `--days`; its later reports in that time are counted. The ratios compare districts with what the
    kinds of their incidents make expect, with 90 % intervals, which are wide where later reports
    come in clusters. They say nothing about days.

    Example: `route311 insight rates export.csv.gz --kind type --district area --incident parent --report id --opened opened --ended closed`
    """  # noqa: E501 - an example is one line
    named = tuple(filter(None, (name.strip() for name in covariates.split(","))))
    columns = Columns(kind, district, incident, report, opened, ended, named)
    incidents = read_incidents(
        file, columns, window=timedelta(days=days), longer_than=timedelta(days=min_days)
    )
    if not any(one.incident.further for one in incidents):
        raise UnreadableReportsError(
            f"{file.name}: no incident has a later report in its window, so there is no rate; check"
            " --incident, --opened and --ended, or raise --days"
        )
    fitted = fit(incidents, named, zero_inflated=model == "zip")
    ratios = reporting_ratios([one.incident for one in incidents])
    answer = {
        "n": len(incidents),
        "model": model,
        "log_likelihood": fitted.log_likelihood,
        "coefficients": fitted.coefficients,
        "inflation": fitted.inflation,
        "ratios": [
            {
                "district": one.group,
                "observed": one.observed,
                "expected": round(one.expected, _DECIMALS),
                "ratio": round(one.ratio, _DECIMALS),
                "low": round(one.low, _DECIMALS),
                "high": round(one.high, _DECIMALS),
                "dispersion": round(one.dispersion, _DECIMALS),
                "wide_low": round(one.wide_low, _DECIMALS),
                "wide_high": round(one.wide_high, _DECIMALS),
            }
            for one in sorted(ratios)
        ],
    }
    typer.echo(json.dumps(answer, ensure_ascii=False, indent=2))
