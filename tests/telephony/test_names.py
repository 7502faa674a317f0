from __future__ import annotations

from pathlib import Path

import pytest

from ivr.errors import JobError
from ivr.telephony.names import nameservers, route_to


@pytest.mark.parametrize(
    ("uri", "route"),
    [
        ("sip:127.0.0.1", "<sip:127.0.0.1;lr;hide>"),
        ("sip:localhost:5080", "<sip:127.0.0.1:5080;lr;hide>"),
        ("sip:ivr@localhost;transport=tcp", "<sip:127.0.0.1;transport=tcp;lr;hide>"),
    ],
)
def test_a_registrar_by_name_is_routed_to_by_address(uri: str, route: str) -> None:
    assert route_to(uri) == route


def test_a_name_that_means_nothing_is_one_line() -> None:
    with pytest.raises(JobError, match=r"pbx\.invalid cannot be found: .* → {2}see \[sip\] registrar"):
        route_to("sip:pbx.invalid")


def test_name_servers_are_those_of_the_system(tmp_path: Path) -> None:
    file = tmp_path / "resolv.conf"
    file.write_text("# hello\nsearch example\nnameserver 192.0.2.53\nnameserver fe80::1%eth0\nnameserver 192.0.2.54\n")
    assert nameservers(file) == ["192.0.2.53", "192.0.2.54"]
    assert nameservers(tmp_path / "none") == []
