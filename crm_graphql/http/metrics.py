"""Metrics of this process, which Prometheus reads at /metrics."""

from __future__ import annotations

from prometheus_client import CONTENT_TYPE_LATEST, Counter, Gauge, Histogram, generate_latest
from starlette.requests import Request
from starlette.responses import Response

REQUESTS = Counter("crm_http_requests_total", "HTTP requests answered.", ["route", "status"])
REQUEST_SECONDS = Histogram(
    "crm_http_request_seconds",
    "Time from a request's head to the end of its answer.",
    ["route"],
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60, 600),
)
WEBSOCKETS = Gauge("crm_websockets", "Websocket connections that are open.")
LIVE_TOPICS = Gauge("crm_live_topics", "Live topics that somebody here watches.")
LIVE_LISTENERS = Gauge("crm_live_listeners", "Subscriptions that watch a live topic.")


async def metrics(request: Request) -> Response:
    """The figures in Prometheus' text format."""
    topics, listeners = request.app.state.live.counts()
    LIVE_TOPICS.set(topics)
    LIVE_LISTENERS.set(listeners)
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
