"""The wire contract: events, topics, routes and the JSON Schemas generated from them."""
