"""The operators' API: commands, approvals, cases, surges and the stream of changes."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from services.dispatch.channels.operator_api.approvals import approval_routes
from services.dispatch.channels.operator_api.cases import case_routes
from services.dispatch.channels.operator_api.catalogue import catalogue_routes
from services.dispatch.channels.operator_api.commands import command_routes
from services.dispatch.channels.operator_api.stream import CaseStream, stream_routes
from services.dispatch.channels.operator_api.surges import surge_routes
from services.dispatch.ports import DispatchPorts
from shared.runtime.dead_letter_api import letter_routes
from shared.runtime.http.rate_limits import OpenLimit
from shared.runtime.key_api import key_routes
from shared.runtime.recovery.own_letters import OwnLetters, replayed_topics
from shared.runtime.service import ChannelParts


@asynccontextmanager
async def open_operator_api(core: DispatchPorts) -> AsyncGenerator[ChannelParts]:
    """Open the operators' API."""
    bureaus, adapters = core.access.bureaus, core.settings.kafka_adapters
    topics = replayed_topics("dispatch", bureaus, adapters)
    letters = OwnLetters("dispatch", core.settings.kafka_access, core.pool, topics)
    yield ChannelParts(
        routes=[
            *command_routes(core),
            *approval_routes(core),
            *surge_routes(core),
            *stream_routes(core.access.callers, CaseStream(core), OpenLimit(16, 64)),
            *case_routes(core),
            *catalogue_routes(core),
            *letter_routes(core.access.callers, letters),
            *key_routes(core.access.callers, "dispatch", core.pool, bureaus),
        ]
    )
