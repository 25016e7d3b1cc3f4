"""Where things happen: streets inside the city, chosen by hand, and a few just outside."""

from collections.abc import Collection
from dataclasses import dataclass
from math import cos, radians

from cli.demo.scenario.chance import Random
from shared.vocabulary import GeoPoint, distance_m

_METRES_PER_DEGREE = 111_195
_WOBBLE_M = 6.0


@dataclass(frozen=True, slots=True)
class Place:
    """A point and what people call it."""

    point: GeoPoint
    address: str
    street: str


@dataclass(frozen=True, slots=True)
class Street:
    """A stretch of a street that is nearly straight, with the house numbers at its ends."""

    name: str
    low: int
    begin: tuple[float, float]
    high: int
    end: tuple[float, float]

    @property
    def length_m(self) -> float:
        """From one end to the other."""
        return distance_m(GeoPoint(*self.begin), GeoPoint(*self.end))

    def somewhere(self, rng: Random) -> Place:
        """Return a place on it, a few metres off the middle."""
        share = rng.random()
        latitude, longitude = (
            a + share * (b - a) for a, b in zip(self.begin, self.end, strict=True)
        )
        number = round(self.low + share * (self.high - self.low))
        point = near(GeoPoint(latitude, longitude), _WOBBLE_M, rng)
        return Place(point, f"{number} {self.name}", self.name)


STREETS = (
    Street("SE Division St", 1200, (45.5049, -122.6535), 8100, (45.5043, -122.5795)),
    Street("SE Hawthorne Blvd", 1200, (45.5121, -122.6535), 4900, (45.5118, -122.6125)),
    Street("SE Belmont St", 1200, (45.5166, -122.6535), 4900, (45.5164, -122.6125)),
    Street("SE Stark St", 7400, (45.5193, -122.5870), 14700, (45.5193, -122.5115)),
    Street("SE Powell Blvd", 1800, (45.5000, -122.6465), 8000, (45.4972, -122.5795)),
    Street("SE Holgate Blvd", 1700, (45.4901, -122.6470), 9100, (45.4899, -122.5690)),
    Street("SE Woodstock Blvd", 3900, (45.4792, -122.6230), 8100, (45.4790, -122.5795)),
    Street("SE Foster Rd", 5100, (45.4965, -122.6100), 9000, (45.4795, -122.5715)),
    Street("SE Duke St", 5200, (45.4755, -122.6090), 8100, (45.4755, -122.5795)),
    Street("SE Flavel St", 5200, (45.4680, -122.6090), 8100, (45.4680, -122.5795)),
    Street("SE 52nd Ave", 2400, (45.5045, -122.6090), 7500, (45.4680, -122.6090)),
    Street("SE 82nd Ave", 300, (45.5200, -122.5788), 7500, (45.4680, -122.5795)),
    Street("SE 92nd Ave", 3000, (45.5000, -122.5690), 5500, (45.4815, -122.5690)),
    Street("SE 122nd Ave", 300, (45.5200, -122.5379), 5700, (45.4815, -122.5378)),
    Street("SE 148th Ave", 300, (45.5200, -122.5115), 3300, (45.4990, -122.5113)),
    Street("SE Cesar E Chavez Blvd", 300, (45.5200, -122.6229), 5900, (45.4795, -122.6229)),
    Street("SE Milwaukie Ave", 5700, (45.4815, -122.6490), 7700, (45.4683, -122.6487)),
    Street("SE 13th Ave", 7400, (45.4700, -122.6528), 8400, (45.4635, -122.6527)),
    Street("SE Water Ave", 300, (45.5185, -122.6655), 1200, (45.5135, -122.6660)),
    Street("E Burnside St", 2000, (45.5229, -122.6450), 6000, (45.5228, -122.6010)),
    Street("NE Glisan St", 6000, (45.5267, -122.6005), 14500, (45.5263, -122.5130)),
    Street("NE Halsey St", 10200, (45.5353, -122.5580), 14700, (45.5335, -122.5115)),
    Street("NE Sandy Blvd", 4200, (45.5363, -122.6205), 7200, (45.5487, -122.5888)),
    Street("NE Fremont St", 1500, (45.5483, -122.6505), 7000, (45.5482, -122.5905)),
    Street("NE Prescott St", 1500, (45.5555, -122.6505), 8100, (45.5553, -122.5795)),
    Street("NE Alberta St", 1100, (45.5590, -122.6545), 3200, (45.5589, -122.6320)),
    Street("NE Killingsworth St", 900, (45.5627, -122.6565), 5900, (45.5626, -122.6020)),
    Street("NE 82nd Ave", 300, (45.5255, -122.5787), 5900, (45.5640, -122.5787)),
    Street("NE 122nd Ave", 300, (45.5255, -122.5379), 5300, (45.5590, -122.5379)),
    Street("NE MLK Jr Blvd", 1900, (45.5365, -122.6616), 8000, (45.5810, -122.6612)),
    Street("NE 33rd Ave", 1600, (45.5351, -122.6306), 5700, (45.5640, -122.6306)),
    Street("N Killingsworth St", 100, (45.5627, -122.6675), 1700, (45.5627, -122.6815)),
    Street("N Rosa Parks Way", 100, (45.5700, -122.6680), 1700, (45.5700, -122.6815)),
    Street("N Lombard St", 1500, (45.5773, -122.6815), 3200, (45.5773, -122.7010)),
    Street("N Lombard St", 7200, (45.5865, -122.7455), 8700, (45.5905, -122.7560)),
    Street("N Denver Ave", 7400, (45.5775, -122.6868), 8700, (45.5870, -122.6868)),
    Street("N Interstate Ave", 4200, (45.5545, -122.6816), 7600, (45.5790, -122.6817)),
    Street("N Williams Ave", 2600, (45.5410, -122.6667), 5000, (45.5595, -122.6667)),
    Street("N Vancouver Ave", 2600, (45.5410, -122.6680), 5800, (45.5650, -122.6683)),
    Street("N Mississippi Ave", 3500, (45.5483, -122.6756), 4700, (45.5570, -122.6755)),
    Street("NW 21st Ave", 100, (45.5240, -122.6946), 1900, (45.5360, -122.6947)),
    Street("NW 23rd Ave", 100, (45.5240, -122.6985), 1900, (45.5360, -122.6988)),
    Street("NW Glisan St", 300, (45.5264, -122.6735), 2300, (45.5264, -122.6985)),
    Street("NW Everett St", 300, (45.5250, -122.6735), 2300, (45.5250, -122.6983)),
    Street("W Burnside St", 400, (45.5231, -122.6750), 2300, (45.5232, -122.6980)),
    Street("SW 4th Ave", 300, (45.5215, -122.6747), 1900, (45.5110, -122.6798)),
    Street("SW Broadway", 300, (45.5217, -122.6777), 1900, (45.5108, -122.6838)),
    Street("SW Naito Pkwy", 300, (45.5210, -122.6705), 1700, (45.5125, -122.6745)),
    Street("SW Capitol Hwy", 6200, (45.4792, -122.6920), 6500, (45.4780, -122.6975)),
)
_WEIGHTS = tuple(street.length_m for street in STREETS)

OUTSIDE = (
    Place(GeoPoint(45.4985, -122.4315), "300 NE Roberts Ave, Gresham", "NE Roberts Ave"),
    Place(GeoPoint(45.4977, -122.4402), "1400 W Powell Blvd, Gresham", "W Powell Blvd"),
    Place(GeoPoint(45.4446, -122.6400), "10700 SE Main St, Milwaukie", "SE Main St"),
    Place(GeoPoint(45.4870, -122.8045), "4700 SW Watson Ave, Beaverton", "SW Watson Ave"),
)
"""Places of neighbour cities that people take for Portland."""


def somewhere(rng: Random, keep_off: Collection[GeoPoint] = (), by_m: float = 0) -> Place:
    """Return a place in the city, long streets more often, not within ``by_m`` of some points."""
    while True:
        place = rng.choices(STREETS, _WEIGHTS)[0].somewhere(rng)
        if all(distance_m(place.point, point) > by_m for point in keep_off):
            return place


def near(point: GeoPoint, within_m: float, rng: Random) -> GeoPoint:
    """Return a point at most that far away, north or south and east or west each by chance."""
    side = within_m / 2**0.5
    return moved(point, north_m=rng.uniform(-side, side), east_m=rng.uniform(-side, side))


def moved(point: GeoPoint, *, north_m: float = 0, east_m: float = 0) -> GeoPoint:
    """Return the point that lies so far away; good for some hundred metres."""
    per_degree_east = _METRES_PER_DEGREE * cos(radians(point.latitude))
    return GeoPoint(
        round(point.latitude + north_m / _METRES_PER_DEGREE, 6),
        round(point.longitude + east_m / per_degree_east, 6),
    )
