"""Instruments made from the metric table, and their Prometheus text.

The only module that touches OpenTelemetry. No unit is given to an instrument: names in the table
carry theirs, and the exporter would add it a second time or rename a plain gauge.
"""

from collections.abc import Callable, Iterator, Mapping
from itertools import product

from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.metrics import CallbackOptions, Histogram, Meter, Observation
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.resources import Resource
from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from contracts.metrics import Metric

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4

# What a gauge shows at a scrape: one number, or one for each value of its single label.
Reading = float | Mapping[str, float]

# Names and values of a counter's labels, in the table's order.
Labels = tuple[tuple[str, str], ...]


class Telemetry:
    """The instruments of one service, made from its part of the metric table.

    Each has a registry of its own, so that two services in one test process do not meet.
    """

    def __init__(self, metrics: tuple[Metric, ...], service: str, version: str) -> None:
        self._metrics = {metric.name: metric for metric in metrics}
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self._provider = MeterProvider(
            metric_readers=[
                PrometheusMetricReader(scope_info_enabled=False, registry=self._registry)
            ],
            resource=Resource({"service.name": service, "service.version": version}),
            shutdown_on_exit=False,
        )
        meter = self._provider.get_meter(service)
        self._counters = {m.name: _counter(meter, m) for m in metrics if m.kind == "counter"}
        self._histograms = {m.name: _histogram(meter, m) for m in metrics if m.kind == "histogram"}
        self._meter = meter

    def add(self, name: str, amount: int = 1, /, **labels: str) -> None:
        """Count `amount` on a counter of the table, labels in the table's order.

        Raises KeyError for a name not in it.
        """
        counts = self._counters[name]
        place = tuple(labels.items())
        counts[place] = counts.get(place, 0) + amount

    def record(self, name: str, value: float, /, **labels: str) -> None:
        """Record one value (seconds or a count): once a request, not once a message.

        It takes some 5 µs. Raises KeyError for a name not in the table.
        """
        self._histograms[name].record(value, labels)

    def gauge(self, name: str, read: Callable[[], Reading]) -> None:
        """Show what `read` returns at each scrape. Raises KeyError for a name not in the table."""
        metric = self._metrics[name]
        label = next(iter(metric.labels), "")

        def observe(_options: CallbackOptions) -> Iterator[Observation]:
            reading = read()
            if isinstance(reading, Mapping):
                yield from (
                    Observation(number, {label: value}) for value, number in reading.items()
                )
            else:
                yield Observation(reading)

        self._meter.create_observable_gauge(name, [observe], description=metric.help)

    def exposition(self) -> bytes:
        """The Prometheus text of everything, for `/metrics`."""
        return generate_latest(self._registry)

    def close(self) -> None:
        """Release the provider; the last thing a service does."""
        self._provider.shutdown()


def _counter(meter: Meter, metric: Metric) -> dict[Labels, int]:
    """Sums that are read at each scrape: an increment here costs a fiftieth of OpenTelemetry's."""
    counts: dict[Labels, int] = {}
    if all(metric.labels.values()):
        for values in product(*metric.labels.values()):
            counts[tuple(zip(metric.labels, values, strict=True))] = 0

    def observe(_options: CallbackOptions) -> Iterator[Observation]:
        yield from (Observation(count, dict(place)) for place, count in counts.items())

    meter.create_observable_counter(metric.name, [observe], description=metric.help)
    return counts


def _histogram(meter: Meter, metric: Metric) -> Histogram:
    return meter.create_histogram(
        metric.name,
        description=metric.help,
        explicit_bucket_boundaries_advisory=metric.bounds,
    )
