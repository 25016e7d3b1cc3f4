"""E-mails of alerts: the one that asks to confirm, and those with new problems."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from services.notify.policy import CityTexts
from services.notify.records import Alert, NewProblem, RenderedMessage
from services.notify.rendering.catalogues import text_environment
from services.notify.rendering.renderer import DaysInWords, safe_address
from services.notify.rules.signed_links import SignedLinks
from shared.spoken_languages import SpokenLanguage

_MOST_SHOWN = 20


@dataclass(frozen=True, slots=True)
class AlertRenderer:
    """Renders the e-mails; ``pages_url`` is the base URL of the residents' pages."""

    cities: Mapping[str, CityTexts]
    pages_url: str
    links: SignedLinks
    languages: Mapping[str, SpokenLanguage]

    def render(self, alert: Alert, problems: Sequence[NewProblem]) -> RenderedMessage:
        """Return the e-mail with new problems, the newest first, of which 20 are shown.

        Without any it asks whether the person wants such e-mails.
        """
        if not problems:
            return self._message(alert, [], "")
        chosen = {"service_code": alert.area.service_code, "district": alert.area.district}
        query = urlencode({name: code for name, code in chosen.items() if code})
        return self._message(alert, problems, f"{self.pages_url.rstrip('/')}/problems?{query}")

    def _message(
        self, alert: Alert, problems: Sequence[NewProblem], list_url: str
    ) -> RenderedMessage:
        city, reader = self.cities[alert.area.jurisdiction], self.languages[alert.language]
        texts: Any = text_environment().get_template("pages.j2").make_module({"reader": reader})
        kind = city.service_names.get(alert.area.service_code)
        district = city.districts.get(alert.area.district, texts.whole_city)
        area = f"{kind.in_language(reader.tag) if kind else texts.all_kinds}, {district}"
        days = DaysInWords(ZoneInfo(city.timezone), reader.tag)
        shown = problems[:_MOST_SHOWN]
        subject = f"{texts.alert_news}: {area}" if list_url else texts.alert_title
        variables = {
            "language": reader.tag,
            "direction": reader.direction,
            "color": city.color,
            "texts": texts,
            "subject": subject,
            "area": area,
            "problems": [_in_words(one, city, days) for one in shown],
            "more": len(problems) - len(shown),
            "list_url": list_url,
            "link": self.links.url("alert", alert.alert_id),
        }
        text, html = (
            text_environment(trim_blocks=True, autoescape=autoescape).get_template(name)
            for name, autoescape in (("alert.txt.j2", False), ("alert.html.j2", True))
        )
        return RenderedMessage(
            city.name,
            reader.tag,
            subject,
            text.render(variables),
            html.render(variables),
            variables["link"],
        )


def _in_words(problem: NewProblem, city: CityTexts, days: DaysInWords) -> str:
    kind = city.service_names.get(problem.service_code)
    parts = (
        kind.in_language(days.language) if kind else None,
        safe_address(problem.address),
        city.districts.get(problem.district or ""),
        days.past(problem.reported_at),
    )
    return ", ".join(str(part) for part in parts if part)
