"""Routes of Open311 GeoReport v2, in XML and JSON."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from functools import partial
from typing import get_args

from aiohttp import web

from services.intake.channels.open311.operations import post_operations, read_operations
from services.intake.channels.open311.reading import BASE, Open311Reading
from services.intake.channels.open311.responses import (
    Format,
    Handler,
    answered,
    refused,
    translated,
)
from services.intake.channels.open311.submitting import Open311Submitting
from services.intake.ports import IntakePorts
from shared.runtime.http.admission import AdmissionControl
from shared.runtime.http.key_gate import KeyedRoute
from shared.runtime.http.openapi import documents
from shared.runtime.service import ChannelParts

_FORMAT = "{format:xml|json}"


@asynccontextmanager
async def open_open311(core: IntakePorts) -> AsyncGenerator[ChannelParts]:
    """Open the Open311 API."""
    limits = core.limits
    yield ChannelParts(
        routes=_routes(Open311Reading(core), Open311Submitting(core)),
        keyed_routes=keyed_open311_routes(limits.submissions, limits.singly),
    )


def keyed_open311_routes(
    admission: AdmissionControl, of_updates: AdmissionControl
) -> list[KeyedRoute]:
    """Return the routes that accept submissions and updates, for the gate."""
    admissions = {"requests": admission, "servicerequestupdates": of_updates}
    return [
        KeyedRoute(
            f"{BASE}/{path}.{output}",
            {"adapter": of_path},
            reads_other_keys=True,
            translate=partial(translated, output=output),
        )
        for path, of_path in admissions.items()
        for output in get_args(Format)
    ]


def _routes(reading: Open311Reading, submitting: Open311Submitting) -> list[web.RouteDef]:
    """Return all routes below ``/open311``; every other path there is a 404 of Open311."""
    getters: Mapping[str, Handler] = {
        "discovery": reading.discovery,
        "services": reading.services,
        "services/{service_code}": reading.service,
        "requests": reading.list_requests,
        "requests/{service_request_id}": reading.one_request,
        "tokens/{token}": reading.token,
        "servicerequestupdates": reading.updates,
    }
    posters: Mapping[str, Handler] = {
        "requests": submitting.post,
        "servicerequestupdates": submitting.post_update,
    }
    read, post = read_operations(sorted(reading.core.cities)), post_operations()
    routes = []
    for path, getter in getters.items():
        url, allowed = f"{BASE}/{path}.{_FORMAT}", "GET"
        routes.append(web.get(url, documents(answered(getter), read[path])))
        if poster := posters.get(path):
            allowed = "GET, POST"
            routes.append(web.post(url, documents(answered(poster), post[path])))
        routes.append(web.route("*", url, refused(allowed)))
    return [*routes, web.route("*", "/open311{rest:(?s:.*)}", refused())]
