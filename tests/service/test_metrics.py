from __future__ import annotations

import json

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from ivr.service.metrics import Family, Metrics, SideBySide
from ivr.speech.recognition import Statistics


def shown(snapshots: dict[int, list[Family]]) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    registry = CollectorRegistry()
    registry.register(SideBySide(lambda: snapshots))
    families = text_string_to_metric_families(generate_latest(registry).decode())
    return {(s.name, tuple(sorted(s.labels.items()))): s.value for family in families for s in family.samples}


def through_json(metrics: Metrics) -> list[Family]:
    return [Family(*family) for family in json.loads(json.dumps(metrics.snapshot()))]


def test_calls_are_counted_by_standard_and_outcome() -> None:
    metrics = Metrics()
    for _ in range(3):
        metrics.call_started()
    metrics.call_ended("zto", "silence")
    samples = shown({0: through_json(metrics)})
    assert samples["ivr_calls_active", (("worker", "0"),)] == 2
    assert samples["ivr_calls_total", (("outcome", "silence"), ("standard", "zto"), ("worker", "0"))] == 1
    assert metrics.active == 2


def test_a_gap_too_short_is_as_wrong_as_one_too_long() -> None:
    metrics = Metrics()
    metrics.gap_error(-0.03)
    metrics.gap_error(0.03)
    samples = shown({0: through_json(metrics)})
    assert samples["ivr_gap_error_seconds_bucket", (("le", "0.02"), ("worker", "0"))] == 0
    assert samples["ivr_gap_error_seconds_bucket", (("le", "0.04"), ("worker", "0"))] == 2


def test_workers_stand_side_by_side_under_one_name() -> None:
    one, other = Metrics(), Metrics()
    one.greeting(0.1)
    other.greeting(0.2)
    other.greeting(0.2)
    samples = shown({0: through_json(one), 1: through_json(other)})
    assert samples["ivr_greeting_seconds_count", (("worker", "0"),)] == 1
    assert samples["ivr_greeting_seconds_count", (("worker", "1"),)] == 2


def test_hearing_is_counted() -> None:
    metrics, statistics = Metrics(), Statistics(waiting=3)
    statistics.answer_s.extend([0.3, 0.5])
    metrics.recognition(True, statistics)
    metrics.recognition(True, statistics)
    metrics.no_words("late")
    metrics.verdict("side_talk")
    metrics.reply(0.7)
    samples = shown({0: through_json(metrics)})
    worker = ("worker", "0")
    assert samples["ivr_recognition_seconds_count", (worker,)] == 2, "each answer once"
    assert samples["ivr_recognition_seconds_sum", (worker,)] == 0.8
    assert samples["ivr_recognition_waiting", (worker,)] == 3
    assert samples["ivr_recognizer_ready", (worker,)] == 1
    assert samples["ivr_recognition_failures_total", (("reason", "late"), worker)] == 1
    assert samples["ivr_verdicts_total", (("verdict", "side_talk"), worker)] == 1
    assert samples["ivr_reply_seconds_bucket", (("le", "0.6"), worker)] == 0
    assert samples["ivr_reply_seconds_bucket", (("le", "0.8"), worker)] == 1


def test_ticks_and_registration_are_there_for_the_parent() -> None:
    metrics = Metrics()
    metrics.tick(-0.001)
    metrics.tick(0.02)
    metrics.registration(True)
    metrics.call_refused(486)
    assert metrics.ticks == 2
    assert metrics.registered is True
    samples = shown({0: through_json(metrics)})
    assert samples["ivr_registered", (("worker", "0"),)] == 1
    assert samples["ivr_tick_lateness_seconds_sum", (("worker", "0"),)] == 0.02
    assert samples["ivr_calls_refused_total", (("code", "486"), ("worker", "0"))] == 1
