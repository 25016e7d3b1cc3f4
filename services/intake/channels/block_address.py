"""Addresses of private kinds: the block in place of the house number."""

import re

from shared.catalogue import LocalText

_BLOCK = LocalText("{hundred} block of {street}", "cuadra {hundred} de {street}")
_ROAD = r"(?i:\b(?:hwy|highway|route|rt|us|or|i|sr|state|mile|milepost|exit|carretera|ruta))[\s-]+"
_ROAD_NUMBER = re.compile(rf"{_ROAD}\d{{1,4}}\b")
_ORDINAL = re.compile(r"\b\d{1,3}(?i:st|nd|rd|th|[aoº°])(?!\w)")
_UNIT = re.compile(
    r"\s*(?:#|\b(?i:apt|apartment|unit|suite|ste|room|rm|floor|fl|lot|bldg|building|space|trailer"
    r"|depto|departamento|apto|piso|casa)\b).*"
)
_HOUSE = re.compile(
    r"(?<![\w.#-])(?P<number>\d{1,6})[A-Za-z]?(?:\s?[-\u2013/]\s?\d{1,6}[A-Za-z]?)?"
    r"(?:\s1/2|\s?\u00bd)?,?\s+(?P<street>[^\d\s,].*|\d{1,3}(?i:st|nd|rd|th)\b.*)"
)
_HOUSE_LAST = re.compile(
    r"^(?P<street>\S.*?[^\W\d_]),?\s+(?:(?i:n[\u00bao]?\.?|num\.?|no\.?)\s*)?#?(?P<number>\d{1,6})[A-Za-z]?$"
)
_NUMBER_ALONE = re.compile(r"^\s*(\d{1,6}[A-Za-z]?)\s*,\s*")


def block_of(address: str, language: str) -> str | None:
    """Return an address with the block in place of the house number, such as ``1200 block``.

    An address without a house number, such as an intersection, stays. None where a number is left
    that may tell which house is meant.
    """
    if not _has_number(address):
        return address
    joined = _NUMBER_ALONE.sub(r"\1 ", ", ".join(address.splitlines()))
    parts = [part.strip() for part in joined.split(",")]
    for pattern in (_HOUSE, _HOUSE_LAST):
        for index, part in enumerate(parts):
            if found := pattern.search(_hidden_roads(part)):
                others = [other for other in parts[index + 1 :] if other and not _has_number(other)]
                return _shown(part, found, others, language)
    return None


def _shown(part: str, found: re.Match[str], others: list[str], language: str) -> str | None:
    street = _UNIT.sub("", part[slice(*found.span("street"))]).strip()
    if _has_number(street):
        street = re.sub(r"(?<=\w)\s+\d+$", "", street)
    if not street or _has_number(street):
        return None
    hundred = f"{int(found['number']) // 100 * 100}"
    if found["number"].startswith("0"):  # as south of Portland's Naito Parkway
        hundred = f"0{hundred}"
    block = _BLOCK.in_language(language).format(hundred=hundred, street=street)
    return ", ".join([block, *others])


def _has_number(text: str) -> bool:
    """Return True when a number is left besides ordinals and the numbers of roads."""
    return re.search(r"\d", _ORDINAL.sub("", _ROAD_NUMBER.sub("", text))) is not None


def _hidden_roads(text: str) -> str:
    """Return the text with the numbers of roads as letters, at the same places."""
    return _ROAD_NUMBER.sub(lambda match: re.sub(r"\d", "x", match.group()), text)
