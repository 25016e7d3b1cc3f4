"""Names of spans' attributes that more than one module knows, by OpenTelemetry's conventions."""

HTTP_STATUS = "http.response.status_code"
TOPIC_NAME = "messaging.destination.name"
