from __future__ import annotations

from pathlib import Path

import pytest
from structlog.testing import capture_logs

from ivr.config import Settings
from ivr.errors import UserError
from ivr.service.shelf import Shelf, shelf_of
from ivr.speech.wording import check_phrases


def house(path: Path, title: str) -> str:
    path.write_text(f'name = "house"\ntitle = "{title}"\ninherits = "general"\n', encoding="utf-8")
    return str(path)


def test_it_holds_each_standard_served_once() -> None:
    settings = Settings.model_validate({"line": [{"number": "1", "name": "zto"}, {"number": "2", "name": "zto"}]})
    shelf = shelf_of(settings)
    assert list(shelf) == ["general", "zto"]
    assert len(shelf) == 2
    assert shelf["zto"].name == "zto"


def test_a_call_keeps_its_standard_and_the_next_takes_the_new_one(tmp_path: Path) -> None:
    name = house(tmp_path / "house.toml", "旧")
    shelf = Shelf([name])
    running = shelf[name]
    house(tmp_path / "house.toml", "新")
    assert shelf.reload()
    assert (running.title, shelf[name].title) == ("旧", "新")


def test_calls_get_the_old_until_the_new_is_prepared(tmp_path: Path) -> None:
    name = house(tmp_path / "house.toml", "旧")
    shelf = Shelf([name])
    house(tmp_path / "house.toml", "新")
    seen: list[tuple[str, str]] = []
    assert shelf.reload(lambda new: seen.append((shelf[name].title, new[name].title)))
    assert seen == [("旧", "新")]
    assert shelf[name].title == "新"


def test_what_cannot_be_prepared_keeps_the_old(tmp_path: Path) -> None:
    def fail(_: object) -> None:
        raise UserError("prompt greeting: nobody has spoken 「新」")

    name = house(tmp_path / "house.toml", "旧")
    shelf = Shelf([name])
    house(tmp_path / "house.toml", "新")
    with capture_logs() as logged:
        assert not shelf.reload(fail)
    assert shelf[name].title == "旧"
    assert [entry["reason"] for entry in logged] == ["prompt greeting: nobody has spoken 「新」"]


@pytest.mark.req("H1")
def test_what_must_not_be_said_keeps_the_old(tmp_path: Path) -> None:
    name = house(tmp_path / "house.toml", "旧")
    shelf = Shelf([name])
    house(tmp_path / "house.toml", "新")
    with (tmp_path / "house.toml").open("a", encoding="utf-8") as file:
        file.write('[wording.silent_1]\ntext = "喂，怎么不说话？"\n')
    with capture_logs() as logged:
        assert not shelf.reload(lambda new: check_phrases(new.values()))
    assert shelf[name].title == "旧"
    assert "silent_1 「喂，怎么不说话？」 says" in logged[0]["reason"]


def test_a_mistake_keeps_the_old_and_is_one_line(tmp_path: Path) -> None:
    name = house(tmp_path / "house.toml", "旧")
    shelf = Shelf([name, "zto"])
    (tmp_path / "house.toml").write_text("name = ", encoding="utf-8")
    with capture_logs() as logged:
        assert not shelf.reload()
    assert shelf[name].title == "旧"
    assert [entry["event"] for entry in logged] == ["standards not reloaded, the old ones stay"]


def test_it_does_not_start_with_a_mistake() -> None:
    with pytest.raises(UserError, match='no standard "nowhere"'):
        Shelf(["nowhere"])
