"""Stand-in for a service: always ready; its responses contain its environment."""

import json
import logging
import os
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer


class Ready(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(dict(os.environ)).encode())


name = sys.argv[1]
logging.basicConfig(format="%(message)s", level="INFO")
logging.getLogger(name).info('{"event": "service_started", "level": "info", "service": "%s"}', name)
HTTPServer(("127.0.0.1", int(os.environ[f"{name.upper()}_HTTP_PORT"])), Ready).serve_forever()
