"""Delivery of messages: claim, render, hand over by SMTP, record the outcome."""
