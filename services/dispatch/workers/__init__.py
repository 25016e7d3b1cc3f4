"""Background tasks: reminders, retention, closing of surges, long polling."""
