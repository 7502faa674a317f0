"""What a worker counts, and how the parent shows it.

A worker keeps its counts in a registry of its own and sends snapshots to the parent; the parent puts a `worker` label
on every sample and shows them side by side. Nothing is added up here: Prometheus does that better, and knows what
to do when a worker starts again from zero.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

if TYPE_CHECKING:
    from ivr.speech.recognition import Statistics  # brings the models' runtime, which the parent does without

_ERROR_BUCKETS = (0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.1, 0.25, 1.0)
_GREETING_BUCKETS = (0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 1.0, 2.0)
_INQUIRY_BUCKETS = (0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0)
_REPLY_BUCKETS = (0.2, 0.4, 0.6, 0.8, 1.0, 1.3, 1.6, 2.0, 3.0, 5.0)


class Family(NamedTuple):
    """One metric of a snapshot; survives JSON."""

    name: str
    help: str
    type: str
    samples: list[tuple[str, dict[str, str], float]]


class Metrics:
    """Counts of one worker. All durations in seconds."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.ticks = 0
        """Turns of the tick loop so far; the parent's watchdog looks at nothing else."""
        self.registered: bool | None = None
        """Whether the registrar knows us; None without a registrar."""
        self.active = 0
        """Calls in progress."""
        where = self.registry
        self._active = Gauge("ivr_calls_active", "Calls in progress", registry=where)
        self._calls = Counter("ivr_calls", "Calls ended", ["standard", "outcome"], registry=where)
        self._refused = Counter("ivr_calls_refused", "Calls refused", ["code"], registry=where)
        self._gap = Histogram(
            "ivr_gap_error_seconds",
            "Difference between a wait as it was and as the standard has it",
            buckets=_ERROR_BUCKETS,
            registry=where,
        )
        self._greeting = Histogram(
            "ivr_greeting_seconds",
            "From connect to the first audible sample",
            buckets=_GREETING_BUCKETS,
            registry=where,
        )
        self._lateness = Histogram(
            "ivr_tick_lateness_seconds", "How late the tick loop ran", buckets=_ERROR_BUCKETS, registry=where
        )
        self._reply = Histogram(
            "ivr_reply_seconds",
            "From the caller's last voiced sample to the first audible one of our answer",
            buckets=_REPLY_BUCKETS,
            registry=where,
        )
        self._recognition = Histogram(
            "ivr_recognition_seconds",
            "From a pause of the caller's to the words before it",
            buckets=_REPLY_BUCKETS,
            registry=where,
        )
        self._waiting = Gauge("ivr_recognition_waiting", "Turns that wait for their words", registry=where)
        self._recogniser = Gauge("ivr_recognizer_ready", "1 if there is a recogniser and it works", registry=where)
        self._wordless = Counter(
            "ivr_recognition_failures", "Turns whose words will not come", ["reason"], registry=where
        )
        self._verdicts = Counter("ivr_verdicts", "Verdicts on what was heard", ["verdict"], registry=where)
        self._unwritten = Gauge("ivr_records_waiting", "Items that wait to be written to the database", registry=where)
        self._unwritable = Gauge("ivr_records_lost", "Items that were never written to the database", registry=where)
        self._inquiries = Counter("ivr_inquiries", "Questions put to others", ["of", "outcome"], registry=where)
        self._inquiry = Histogram(
            "ivr_inquiry_seconds", "From a question to its answer", ["of"], buckets=_INQUIRY_BUCKETS, registry=where
        )
        self._registered = Gauge("ivr_registered", "1 if the registrar knows us", registry=where)
        self._started = Gauge("ivr_start_time_seconds", "Start of the worker, Unix time", registry=where)
        self._started.set_to_current_time()

    def call_started(self) -> None:
        """A call was taken on."""
        self.active += 1
        self._active.set(self.active)

    def call_ended(self, standard: str, outcome: str) -> None:
        """A call that was taken on is over; `outcome` is that of `ivr.dialog.call.Call`, or ``fault``."""
        self.active -= 1
        self._active.set(self.active)
        self._calls.labels(standard, outcome).inc()

    def call_refused(self, code: int) -> None:
        """An INVITE was turned away with this SIP status."""
        self._refused.labels(str(code)).inc()

    def gap_error(self, seconds: float) -> None:
        """A wait between two prompts was this much longer (or, negative, shorter) than it should have been."""
        self._gap.observe(abs(seconds))

    def greeting(self, seconds: float) -> None:
        """The first audible sample left so long after connect (requirement A3)."""
        self._greeting.observe(seconds)

    def reply(self, seconds: float) -> None:
        """A caller waited so long for our answer."""
        self._reply.observe(seconds)

    def recognition(self, ready: bool, statistics: Statistics) -> None:
        """How recognition is doing; takes the answer times out of `statistics`."""
        self._recogniser.set(ready)
        self._waiting.set(statistics.waiting)
        while statistics.answer_s:
            self._recognition.observe(statistics.answer_s.popleft())

    def no_words(self, reason: str) -> None:
        """No words will come for a turn, for this reason."""
        self._wordless.labels(reason).inc()

    def verdict(self, kind: str) -> None:
        """What a turn, or a stretch without one, was taken for (`ivr.understanding.verdict.Kind`)."""
        self._verdicts.labels(kind).inc()

    def records(self, waiting: int, lost: int) -> None:
        """So much is not in the database yet, or never will be."""
        self._unwritten.set(waiting)
        self._unwritable.set(lost)

    def inquiry(self, of: str, outcome: str, seconds: float) -> None:
        """A backend, or a supervisor, was asked on behalf of a call, and this came of it after so long."""
        self._inquiries.labels(of, outcome).inc()
        self._inquiry.labels(of).observe(seconds)

    def tick(self, late: float) -> None:
        """The tick loop turned, `late` seconds after it should have."""
        self.ticks += 1
        self._lateness.observe(max(late, 0.0))

    def registration(self, registered: bool) -> None:
        """The registrar took us (again), or lost us."""
        self.registered = registered
        self._registered.set(registered)

    def snapshot(self) -> list[Family]:
        """All counts as they are now."""
        return [_family(metric) for metric in self.registry.collect()]


def _family(metric: Metric) -> Family:
    samples = [(sample.name, sample.labels, sample.value) for sample in metric.samples]
    return Family(metric.name, metric.documentation, metric.type, samples)


class SideBySide(Collector):
    """Shows the latest snapshots of all workers, each sample with its `worker` label."""

    def __init__(self, snapshots: Callable[[], Mapping[int, Iterable[Family]]]) -> None:
        self._snapshots = snapshots

    def collect(self) -> Iterator[Metric]:
        """Metrics in the order in which workers first mention them."""
        shown: dict[str, Metric] = {}
        for worker, families in self._snapshots().items():
            for name, documentation, kind, samples in families:
                metric = shown.setdefault(name, Metric(name, documentation, kind))
                for sample, labels, value in samples:
                    metric.add_sample(sample, {**labels, "worker": str(worker)}, value)
        return iter(shown.values())
