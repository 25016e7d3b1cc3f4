"""Loops beside the consumer: reminders, retention, closing of surges, wake-up of readers."""
