"""Open311 GeoReport v2: kinds, submissions and lists of requests for other cities' clients."""
