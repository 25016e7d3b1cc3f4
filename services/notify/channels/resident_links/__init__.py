"""HTTP interface of notify: callbacks of providers."""
