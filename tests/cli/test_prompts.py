from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from ivr.cli.main import run
from ivr.standards.house import SPOKEN


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SANLING_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """Configuration of a house with a name of its own and a folder for its recordings."""
    (tmp_path / "studio").mkdir()
    path = tmp_path / "ivr.toml"
    path.write_text('[standard]\ncompany = "长江快运"\nprompts = "studio"\n', encoding="utf-8")
    return path


def test_list_shows_every_prompt_and_its_sound(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["prompts", "list", "--json", "--standard", "general"]) == 0
    rows = json.loads(capsys.readouterr().out)
    greetings = [row for row in rows if row["name"] == "greeting"]
    assert [row["text"][:3] for row in greetings] == ["您好，", "上午好", "下午好", "晚上好"]
    assert all(row["req"] == "A4" and row["seconds"] > 1 and row["source"].endswith(".wav") for row in greetings)
    assert {row["source"] for row in rows if not row["text"]} == {"tone"}


def test_list_tells_what_a_robot_will_say(house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["prompts", "list", "--json", "--config", str(house)]) == 0
    improvised = {row["name"] for row in json.loads(capsys.readouterr().out) if row["source"] == "run-time speech"}
    assert {"silent_3", "no_answer", "goodbye", "side_talk_1", "wrong_number", "closed"} <= improvised
    assert not {"silent_1", "ask_waybill", "transfer_operator"} & improvised


def test_lint_passes_on_what_is_shipped(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["prompts", "lint"]) == 0
    assert capsys.readouterr().out == "prompts: OK\n"


def test_lint_tells_what_is_wrong_with_a_houses_recordings(house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (house.parent / "studio" / "greeting.wav").write_bytes(b"damaged")
    (house.parent / "studio" / "gretting.wav").write_bytes(b"")
    assert run(["prompts", "lint", "--config", str(house)]) == 1
    errors = capsys.readouterr().err.splitlines()
    assert any("greeting.wav: cannot be read as a sound file" in line for line in errors)
    assert any("gretting.wav: general has no prompt of that name" in line for line in errors)
    assert errors[-1].startswith("ivr: ")


def test_a_recording_of_a_prompt_that_speaks_a_number_is_told(house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("read_waybill", "digit"):
        soundfile.write(house.parent / "studio" / f"{name}.wav", np.sin(np.arange(8000) / 5) / 4, 8000)
    assert run(["prompts", "lint", "--config", str(house)]) == 1
    errors = capsys.readouterr().err
    assert "read_waybill.wav: read_waybill speaks what the caller said, which no recording knows" in errors
    assert "digit.wav: general has no prompt of that name" in errors


def test_list_shows_pieces_and_digits(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["prompts", "list", "--json", "--standard", "general"]) == 0
    rows = json.loads(capsys.readouterr().out)
    digits = [row for row in rows if row["name"] == "digit"]
    assert [row["text"] for row in digits] == list(SPOKEN)
    assert all(row["source"].endswith(".wav") and 0.1 < row["seconds"] < 1.0 for row in digits)


def test_render_without_the_model_says_what_to_do(house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["prompts", "render", "--config", str(house)]) == 2
    assert capsys.readouterr().err == 'ivr: model "kokoro" is not on this machine: ivr models pull kokoro\n'


def test_render_finds_nothing_to_do_in_what_is_shipped(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["prompts", "render"]) == 0
    assert " 0 rendered, " in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["render", "--standard", "nothing"], 'no standard "nothing"'),
        (["list", "--config", "nowhere.toml"], "nowhere.toml: No such file"),
        (["render", "--config", "x.toml", "--standard", "zto"], "leave --standard out"),
        (["render", "--speed", "9"], "Invalid value for '--speed'"),
    ],
)
def test_bad_usage_is_one_line(arguments: list[str], complaint: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["prompts", *arguments]) == 2
    output = capsys.readouterr()
    assert complaint in output.err
    assert output.err.count("\n") == 1


@pytest.mark.req("H1", "H2")
def test_lint_finds_what_people_said_in_a_transcript(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "call.txt"
    path.write_text("客服：您好\n客户：这么简单都不懂\n客服：你去投素吧，我保正明天一定能到\n", encoding="utf-8")
    assert run(["prompts", "lint", "--text", str(path), "--speaker", "客服："]) == 1
    out = capsys.readouterr().err.splitlines()
    assert [line.removeprefix(f"{path}:").partition("，")[0] for line in out[:1]] == [
        "3: says 「你去投素」, which H1 bars: dares the caller to complain (spite, 001)"
    ]
    assert "H2 bars: promises what nobody can be sure of" in out[1]
    assert out[-1] == f"ivr: 2 faults in {path} (above)"
    assert run(["prompts", "lint", "--text", str(path), "--speaker", "主管："]) == 0


@pytest.mark.parametrize(
    ("content", "said"), [(None, "cannot be read: No such file"), ("不行".encode("gb18030"), "not UTF-8 text")]
)
def test_a_transcript_that_cannot_be_read(
    tmp_path: Path, content: bytes | None, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "call.txt"
    if content:
        path.write_bytes(content)
    assert run(["prompts", "lint", "--text", str(path)]) == 2
    assert said in capsys.readouterr().err
    assert run(["prompts", "lint", "--text", str(path), "--standard", "zto"]) == 2
    assert "leave --standard and --config out" in capsys.readouterr().err
