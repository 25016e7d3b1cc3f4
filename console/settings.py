"""Settings of the console, read from the environment."""

from typing import Annotated

from pydantic import Field, HttpUrl
from pydantic_settings import SettingsConfigDict

from shared.runtime.setting_types import LongSecret
from shared.runtime.settings import DatabaseSettings, ProcessSettings


class ConsoleSettings(DatabaseSettings, ProcessSettings):
    """Settings of the console; each name has the prefix ``CONSOLE_``.

    Attributes:
        public_url: Base URL in the browsers of the staff, such as ``https://desk.example.org``;
            a request with another origin changes nothing.
        dispatch_url: Base URL of dispatch's HTTP port.
        intake_url: Base URL of intake's HTTP port; without it there are no desk, review and map.
        insight_url: Base URL of insight's HTTP port; without it there is no page of its figures.
        notify_url: Base URL of notify's HTTP port; without it there are no messages.
        triage_url: Base URL of triage's HTTP port; without it there are none of its dead letters.
        key: The console's own operator's key for the services.
        desk_key: Key of the adapter ``desk``, as which the desk submits what callers say.
        jurisdiction: Id of the city whose residents call.
        city: Name in the header.
        timezone: Time zone of all moments, such as ``America/Los_Angeles``.
        idle_minutes: Minutes without a request after which a session ends.
        session_hours: Hours after which a session ends in any case.
    """

    model_config = SettingsConfigDict(env_prefix="CONSOLE_", frozen=True)

    public_url: HttpUrl
    dispatch_url: HttpUrl
    intake_url: HttpUrl | None = None
    insight_url: HttpUrl | None = None
    notify_url: HttpUrl | None = None
    triage_url: HttpUrl | None = None
    key: LongSecret
    desk_key: LongSecret | None = None
    jurisdiction: str = "portland.gov"
    city: str = "311"
    timezone: str = "America/Los_Angeles"
    idle_minutes: Annotated[int, Field(ge=1, le=12 * 60)] = 30
    session_hours: Annotated[int, Field(ge=1, le=24)] = 12

    @property
    def origin(self) -> str:
        """Origin of the console's own pages."""
        return str(self.public_url).rstrip("/")
