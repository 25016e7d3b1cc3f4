"""``route311 submit``: post one submission to intake and show the response."""

import asyncio
import json
from http import HTTPStatus
from typing import Annotated, Any

import aiohttp
import typer
from rich.console import Console

from cli.calls import answer_expected, explanation
from cli.connection import DEFAULT_DATA, DataOption, JsonOption, load_stack
from shared.errors import Route311Error

TextArgument = Annotated[str, typer.Argument(help="Description of the problem.")]
KindOption = Annotated[str | None, typer.Option("--kind", help="Service code, if you know it.")]
LatOption = Annotated[float | None, typer.Option("--lat", help="Latitude in degrees.")]
LonOption = Annotated[float | None, typer.Option("--lon", help="Longitude in degrees.")]
AddressOption = Annotated[str | None, typer.Option(help="Address, or the nearest crossing.")]
EmailOption = Annotated[str | None, typer.Option(help="E-mail address for status updates.")]
LanguageOption = Annotated[str, typer.Option(help="The reporter's language.")]
CityOption = Annotated[str, typer.Option("--jurisdiction", help="The city.")]
IdOption = Annotated[
    str | None,
    typer.Option("--id", help="Idempotency key: the same one returns the same response."),
]


_ADVICE = "it may have the report: retry with the same --id, which is idempotent"


class NotAcceptedError(Route311Error):
    """Intake rejected the submission."""

    code = "not_accepted"


def submit(
    text: TextArgument,
    kind: KindOption = None,
    lat: LatOption = None,
    lon: LonOption = None,
    address: AddressOption = None,
    email: EmailOption = None,
    language: LanguageOption = "en",
    jurisdiction: CityOption = "portland.gov",
    key: IdOption = None,
    data: DataOption = DEFAULT_DATA,
    json_output: JsonOption = False,
) -> None:
    """Submit one report and show its number, or its errors.

    Example: `route311 submit "Mattress in the right lane" --address "NE 82nd and Glisan"`
    """
    stack = load_stack(data)
    body: dict[str, Any] = {
        "jurisdiction": jurisdiction,
        "channel": "web",
        "service_code": kind,
        "description": text,
        "language": language,
        "location": {"latitude": lat, "longitude": lon, "address": address},
    }
    if email:
        body["reporter"] = {"email": email, "language": language, "status_updates": ["email"]}
    status, response = asyncio.run(_post(stack.intake, stack.keys.adapters["demo"], body, key))
    if json_output:
        typer.echo(json.dumps(response))
    if status >= HTTPStatus.BAD_REQUEST:
        raise NotAcceptedError(explanation(response))
    if not json_output:
        _show(response)


async def _post(
    intake: str, bearer: str, body: dict[str, Any], key: str | None
) -> tuple[int, dict[str, Any]]:
    headers = {"Authorization": f"Bearer {bearer}"} | ({"Idempotency-Key": key} if key else {})
    with answer_expected("intake", _ADVICE):
        async with (
            aiohttp.ClientSession(intake) as session,
            session.post("/v1/submissions", json=body, headers=headers) as response,
        ):
            return response.status, await response.json(content_type=None)


def _show(receipt: dict[str, Any]) -> None:
    console = Console(highlight=False)
    console.print(f"Accepted as [bold]{receipt['tracking_number']}[/] ({receipt['service_code']}).")
    for advice in receipt["advice"]:
        console.print(f"[bold red]{advice['text']}[/]")
    console.print(f"Its status: {receipt['status_url']}", soft_wrap=True)
