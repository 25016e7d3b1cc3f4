"""Routes of Open311 GeoReport v2, in XML and JSON."""

from collections.abc import Mapping

from aiohttp import web

from services.intake.open311.reading import Open311Reading
from services.intake.open311.responses import Handler, answered, refused
from services.intake.open311.submitting import Open311Submitting

BASE = "/open311/v2"
_FORMAT = "{format:xml|json}"


def open311_routes(reading: Open311Reading, submitting: Open311Submitting) -> list[web.RouteDef]:
    """Return all routes below ``/open311``; what does not exist there is a 404 of Open311.

    Args:
        reading: Handlers of the routes that read.
        submitting: Handler of the route that takes submissions.
    """
    resources: Mapping[str, Mapping[str, Handler]] = {
        "discovery": {"GET": reading.discovery},
        "services": {"GET": reading.services},
        "services/{code}": {"GET": reading.service},
        "requests": {"GET": reading.list_requests, "POST": submitting.post},
        "requests/{id}": {"GET": reading.one_request},
        "tokens/{token}": {"GET": reading.token},
        "servicerequestupdates": {"GET": reading.updates},
    }
    routes = []
    for path, handlers in resources.items():
        url = f"{BASE}/{path}.{_FORMAT}"
        for method, handler in handlers.items():
            route = web.get if method == "GET" else web.post
            routes.append(route(url, answered(handler)))
        routes.append(web.route("*", url, refused(", ".join(handlers))))
    return [*routes, web.route("*", "/open311{rest:.*}", refused())]
