from __future__ import annotations

import os
from pathlib import Path

import pytest

from ivr.errors import UserError
from ivr.standards.library import Library, shipped_folders
from tests.standards.test_knowledge import file


def write(folder: Path, name: str, text: str) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def named(text: str, name: str) -> str:
    return text.replace('id = "lost"', f'id = "{name}"')


def mains(library: Library) -> dict[str, str]:
    return {entry.id: entry.answer.main for entry in library.entries}


@pytest.mark.req("C9")
def test_what_is_shipped_can_be_read() -> None:
    library = Library(*shipped_folders())
    assert library.faults == ()
    assert len(library.entries) >= 35
    assert {entry.business for entry in library.entries} == {"快递", "通信"}


@pytest.mark.req("C9")
def test_changes_are_read_anew_and_nothing_else(tmp_path: Path) -> None:
    write(tmp_path / "base", "lost.md", file("请您说单号。\n"))
    library = Library(tmp_path / "base")
    before = library.entries
    assert not library.refresh()
    assert library.entries is before
    write(tmp_path / "base", "lost.md", file("请您说一下单号。\n"))
    write(tmp_path / "base", "new.md", named(file("请您稍等。\n"), "new"))
    assert library.refresh()
    assert mains(library) == {"lost": "请您说一下单号。", "new": "请您稍等。"}
    (tmp_path / "base" / "lost.md").unlink()
    assert library.refresh()
    assert mains(library) == {"new": "请您稍等。"}


@pytest.mark.req("C9")
@pytest.mark.parametrize(
    ("broken", "what"),
    [
        ("没有头", "has no head"),
        ("", "has no head"),
        (file(more="x = \n"), "not valid TOML"),
        (file(more="x = " + "[" * 20_000 + "\n"), "not valid TOML"),
    ],
)
def test_a_broken_file_keeps_what_it_said_before(tmp_path: Path, broken: str, what: str) -> None:
    path = write(tmp_path / "base", "lost.md", file("请您说单号。\n"))
    library = Library(tmp_path / "base")
    path.write_text(broken, encoding="utf-8")
    assert library.refresh()
    assert mains(library) == {"lost": "请您说单号。"}
    (fault,) = library.faults
    assert what in fault
    assert fault.startswith(f"{path}: ")
    assert fault.endswith("; what it said before stays in force")
    assert not library.refresh()
    path.write_text(file("请您慢慢说单号。\n"), encoding="utf-8")
    assert library.refresh()
    assert (mains(library), library.faults) == ({"lost": "请您慢慢说单号。"}, ())


def test_files_that_were_never_right_are_told_and_hold_up_nothing(tmp_path: Path) -> None:
    base = tmp_path / "base"
    write(base, "lost.md", file())
    (base / "gb.md").write_bytes("+++\nid = '丢'\n+++".encode("gb18030"))
    (base / "dir.md").mkdir()
    (base / "link.md").symlink_to("nowhere")
    library = Library(base)
    assert list(mains(library)) == ["lost"]
    told = "\n".join(library.faults)
    assert "gb.md: not UTF-8 text" in told
    assert "dir.md: no file of text" in told
    assert "link.md: cannot be read: No such file" in told


def test_a_folder_that_is_gone_for_a_moment_takes_nothing_with_it(tmp_path: Path) -> None:
    write(tmp_path / "base", "lost.md", file("请您说单号。\n"))
    library = Library(tmp_path / "base")
    (tmp_path / "base").rename(tmp_path / "away")
    assert not library.refresh()
    assert mains(library) == {"lost": "请您说单号。"}


def test_one_id_twice_is_told_and_the_first_counts(tmp_path: Path) -> None:
    write(tmp_path / "base", "a.md", file("请您说单号。\n"))
    write(tmp_path / "base", "b.md", file("请您说电话。\n"))
    library = Library(tmp_path / "base")
    assert mains(library) == {"lost": "请您说单号。"}
    assert [fault.rpartition("/")[2] for fault in library.faults] == [
        "b.md: a.md has the id lost too; give one another id"
    ]


def test_a_house_replaces_entries_of_ours(tmp_path: Path) -> None:
    write(tmp_path / "house", "ours.md", named(file("请您说运单号。\n"), "track"))
    library = Library(*shipped_folders("general"), tmp_path / "house")
    assert mains(library)["track"] == "请您说运单号。"
    assert library.faults == ()


def test_folders_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no folder of knowledge"):
        Library(tmp_path / "none")
    with pytest.raises(UserError, match='no knowledge "post"; there are general, telecom, zto'):
        shipped_folders("post")


@pytest.mark.req("C9")
def test_what_is_no_file_of_text_is_a_fault_and_holds_up_nobody(tmp_path: Path) -> None:
    write(tmp_path / "base", "lost.md", file("请您说单号。\n"))
    os.mkfifo(tmp_path / "base" / "pipe.md")
    write(tmp_path / "base", "huge.md", file("请您说单号。\n" * 10_000))
    library = Library(tmp_path / "base")
    assert mains(library) == {"lost": "请您说单号。"}
    assert [fault.rpartition(": ")[2] for fault in library.faults] == ["no file of text of at most 100 kB"] * 2
