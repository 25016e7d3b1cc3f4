"""E-mails of alerts: the one that asks to confirm, and those with new problems."""

from collections.abc import Iterator, Mapping, Sequence
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


class AlertRenderer:
    """Renders the e-mails; loads its templates at the start."""

    def __init__(
        self,
        cities: Mapping[str, CityTexts],
        pages_url: str,
        links: SignedLinks,
        languages: Mapping[str, SpokenLanguage],
    ) -> None:
        """Load the templates; ``pages_url`` is the base URL of the residents' pages."""
        self._cities, self._links, self._languages = cities, links, languages
        self._list_url = f"{pages_url.rstrip('/')}/problems"
        self._texts = text_environment().get_template("pages.j2")
        self._text = text_environment(trim_blocks=True).get_template("alert.txt.j2")
        html = text_environment(trim_blocks=True, autoescape=True)
        self._html = html.get_template("alert.html.j2")

    def render(self, alert: Alert, problems: Sequence[NewProblem]) -> RenderedMessage:
        """Return the e-mail with new problems, the newest first, of which 20 are shown.

        Without any it asks whether the person wants such e-mails.
        """
        area = alert.area
        city, reader = self._cities[area.jurisdiction], self._languages[alert.language]
        texts: Any = self._texts.make_module({"reader": reader})
        kind = city.service_names.get(area.service_code)
        chosen = (
            str(kind.in_language(reader.tag)) if kind else texts.all_kinds,
            city.districts.get(area.district, texts.whole_city),
        )
        query = {"service_code": area.service_code, "district": area.district}
        days = DaysInWords(ZoneInfo(city.timezone), reader.tag)
        shown = problems[:_MOST_SHOWN]
        subject = f"{texts.alert_news}: {', '.join(chosen)}" if problems else texts.alert_title
        link = self._links.url("alert", alert.alert_id)
        variables = {
            "language": reader.tag,
            "direction": reader.direction,
            "color": city.color,
            "city": city.name,
            "phone": city.phone_in(reader.tag),
            "texts": texts,
            "subject": subject,
            "area": ", ".join(map(reader.isolated, chosen)),
            "problems": [
                ", ".join(map(reader.isolated, _in_words(one, city, days))) for one in shown
            ],
            "more": len(problems) - len(shown),
            "list_url": f"{self._list_url}?{urlencode(query)}" if problems else "",
            "link": link,
        }
        text, html = self._text.render(variables), self._html.render(variables)
        return RenderedMessage(city.name, reader.tag, subject, text, html, link)


def _in_words(problem: NewProblem, city: CityTexts, days: DaysInWords) -> Iterator[str]:
    kind = city.service_names.get(problem.service_code)
    parts = (
        str(kind.in_language(days.language)) if kind else None,
        safe_address(problem.address),
        city.districts.get(problem.district or ""),
        days.past(problem.reported_at),
    )
    return (part for part in parts if part)
