"""Counts of a server for Prometheus."""

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
PICTURES = (1, 2, 4, 8, 16, 32, 64)


class Counts:
    """Requests with how long they took, the batches that they were put into, and how many are at work and wait."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        labels = ("model", "verb", "status")
        self.requests = Counter("elegan_requests", "Requests that were answered.", labels, registry=self.registry)
        self.seconds = Histogram(
            "elegan_request_seconds", "Seconds from request to answer.", labels[:2], buckets=SECONDS, registry=self.registry
        )  # fmt: skip
        self.batched = Histogram(
            "elegan_batch_requests", "Requests of a batch.", buckets=PICTURES, registry=self.registry
        )
        self.pictures = Histogram(
            "elegan_batch_pictures", "Pictures of a batch.", buckets=PICTURES, registry=self.registry
        )
        self.places = Gauge("elegan_queue", "Requests that are at work and wait.", registry=self.registry)

    def answer(self, model: str, verb: str, status: int, seconds: float) -> None:
        self.requests.labels(model, verb, str(status)).inc()
        if model:
            self.seconds.labels(model, verb).observe(seconds)

    def batch(self, requests: int, pictures: int) -> None:
        self.batched.observe(requests)
        self.pictures.observe(pictures)

    def page(self, taken: int) -> tuple[bytes, str]:
        """All counts in Prometheus' text format, and its media type."""
        self.places.set(taken)
        return generate_latest(self.registry), CONTENT_TYPE_LATEST
