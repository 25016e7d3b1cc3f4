"""Stands for a service: listens on its port and says that it is ready."""

import logging
import os
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer


class Ready(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()


name = sys.argv[1]
logging.basicConfig(format="%(message)s", level="INFO")
logging.getLogger(name).info('{"event": "service_started", "level": "info", "service": "%s"}', name)
HTTPServer(("127.0.0.1", int(os.environ[f"{name.upper()}_HTTP_PORT"])), Ready).serve_forever()
