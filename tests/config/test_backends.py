from __future__ import annotations

from pathlib import Path

import pytest

from ivr.config import Settings, load
from ivr.config.backends import HttpBackend
from ivr.errors import UserError

HTTP = '[backends.account]\nkind = "http"\nurl = "https://crm.example.com/a/{caller}"\n'


def settings(tmp_path: Path, text: str) -> Settings:
    file = tmp_path / "ivr.toml"
    file.write_text(text, "utf-8")
    return load(file, {})


def test_a_house_names_its_systems_by_kind(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("x")
    text = HTTP + 'secret_file = "token"\nvalues = { balance = "/data/balance" }\n'
    text += '[backends.shipment]\nkind = "sqlite"\nfile = "house.db"\nquery = "select 1"\n'
    found = settings(tmp_path, text + '[backends.try_out]\nkind = "sample"\nlike = "ticket"\n')
    assert [(name, each.kind) for name, each in found.backends.items()] == [
        ("account", "http"),
        ("shipment", "sqlite"),
        ("try_out", "sample"),
    ]
    assert isinstance(found.backends["account"], HttpBackend)
    assert found.backends["account"].secret_file == tmp_path / "token"
    assert Settings.model_validate_json(found.model_dump_json()) == found  # as a worker gets them


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('[backends.x]\nkind = "soap"', "backends.x: kind must be one of sample, sqlite, http"),
        ("[backends.x]\nfile = 1", "backends.x: kind must be one of sample, sqlite, http"),
        ("[backends]\nx = 1", "backends.x: "),
        ("backends = 1", "backends: "),
        ('[backends.supervisor]\nkind = "sample"', '"supervisor" cannot be the name of a backend'),
        ('[backends."A b"]\nkind = "sample"', '"A b" cannot be the name of a backend'),
        ('[backends.x]\nkind = "sqlite"\nfile = "a"', "backends.x.query: missing → add it"),
        ('[backends.x]\nkind = "sqlite"\nfil = "a"\nquery = "b"', "unknown key → did you mean file?"),
        (HTTP + "timeout_s = 0", "backends.account.timeout_s: input should be greater than 0"),
        (HTTP + "time = 1", "backends.account.time: unknown key → did you mean timeout_s?"),
        (HTTP + 'values = { a = "data" }', '"data" is no JSON pointer (RFC 6901); write e.g. "/data/data"'),
        (HTTP + "body = {}", 'backends.account: a GET has no body; set method = "POST", or leave body out'),
        (HTTP + 'secret_file = "nowhere"', "does not exist; create it, or name another file"),
        (HTTP + 'optional = ["eta"]', 'optional: "eta" is none of values'),
        (HTTP + 'outcome = "/code"', "outcome needs outcomes: what we call what stands there"),
        (HTTP + 'headers = { A = "x\\r\\ny" }', "cannot stand in a header; use plain ASCII"),
        (HTTP.replace("crm", "{caller}"), "slots may stand behind the host only"),
        (HTTP.replace("{caller}", "{Caller}"), "a slot is written {waybill}, small letters, digits and _"),
        (HTTP.replace("https", "gopher"), "is no web address"),
        ("[numbers]\nexempt = ['(']", '"(" is no regular expression'),
    ],
)
def test_a_mistake_is_one_line_that_names_the_key(tmp_path: Path, text: str, line: str) -> None:
    with pytest.raises(UserError) as caught:
        settings(tmp_path, text)
    assert line in str(caught.value)
    assert "\n" not in str(caught.value)
    assert str(tmp_path / "ivr.toml") in str(caught.value)


@pytest.mark.req("G3")
@pytest.mark.parametrize("broken", ["https://ivr:hunter2@crm.example.com/{A}?key=hunter2", "ftp://ivr:hunter2@crm/x"])
def test_what_is_wrong_with_an_address_tells_no_password(tmp_path: Path, broken: str) -> None:
    file = tmp_path / "ivr.toml"
    file.write_text(f'[backends.account]\nkind = "http"\nurl = "{broken}"\n', encoding="utf-8")
    with pytest.raises(UserError) as error:
        load(file)
    assert "crm" in str(error.value)
    assert "hunter2" not in str(error.value)
