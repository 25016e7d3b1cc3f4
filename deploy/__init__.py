"""How the router is put on machines."""
