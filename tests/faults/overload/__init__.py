"""Offering a service more than it can do."""
