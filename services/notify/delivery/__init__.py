"""Delivery of messages: claim, render, send by e-mail or SMS, record the outcome."""
