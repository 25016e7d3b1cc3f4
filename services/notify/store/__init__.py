"""Notify's tables: contacts, decisions, memberships, triggers and deliveries."""
