"""Delivery of messages: claim, render, send over SMTP, record the outcome."""
