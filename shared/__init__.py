"""Shared by all services: vocabulary, wire contract, catalogue, text matching, runtime."""
