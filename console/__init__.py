"""The console: pages for dispatchers, phone agents and their supervisors.

A client of the services' HTTP alone. Its own schema holds people, sessions and the audit.
"""
