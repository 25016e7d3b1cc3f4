"""Load generation beyond a service's capacity."""
