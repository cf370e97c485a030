"""The files of a commit and of the index, in every state of a repository; reading them changes nothing."""

from __future__ import annotations

import subprocess

import pytest

from gates import git
from gates.model import GatesError
from gates.process import Spawner, ToolError
from tests.project import CLEAN
from tests.repository import Repository

NEWLINE = "new\nline.py"
BYTES = "latin-\udce9.py"
DASH = "--exit-zero.py"


def test_renames_deletions_and_changes(repository: Repository) -> None:
    for name in ("kept.py", "gone.py", "old.py", "changed.py"):
        repository.write(name, f"name = {name!r}\n")
    repository.commit()
    repository.git("rm", "-q", "gone.py")
    repository.git("mv", "old.py", "new.py")
    repository.write("changed.py", "staged = 1\n")
    repository.git("add", "changed.py")
    repository.write("changed.py", "neither = 1\n")
    (repository.root / "kept.py").unlink()
    with repository.unchanged():
        assert sorted(repository.committed()) == ["changed.py", "gone.py", "kept.py", "old.py"]
        found = repository.indexed()
    assert sorted(found) == ["changed.py", "kept.py", "new.py"]
    assert found["changed.py"] == b"staged = 1\n"
    assert found["new.py"] == b"name = 'old.py'\n"


def test_modes(repository: Repository) -> None:
    repository.write("run.py").chmod(0o755)
    repository.write("plain.py")
    (repository.root / "link.py").symlink_to("plain.py")
    repository.commit()
    with repository.unchanged():
        entries = repository.index()
        assert entries == git.tree(Spawner(), repository.root, repository.oid())
    assert {each.path: each.mode for each in entries} == {"link.py": "120000", "plain.py": "100644", "run.py": "100755"}
    assert repository.indexed()["link.py"] == b"plain.py"


@pytest.mark.parametrize("format_", ["sha1", "sha256"])
def test_names_and_hashes(repository: Repository, format_: str) -> None:
    repository.git("init", "-q", f"--object-format={format_}")
    for name in (NEWLINE, BYTES, DASH, "a b.py", "☃.py", '"q".py', "tab\t.py", ":(top)x.py"):
        repository.write(name, f"name = {name!r}\n")
    repository.git("add", "-A")
    with repository.unchanged():
        staged = repository.indexed()
    repository.commit()
    with repository.unchanged():
        assert repository.committed() == repository.indexed() == staged
        entries = git.tree(Spawner(), repository.root, git.head(Spawner(), repository.root))
        assert [each.path for each in entries] == sorted([*staged])
        assert {NEWLINE, BYTES, DASH} < {*staged}
        assert {len(each.oid) for each in entries} == {40 if format_ == "sha1" else 64}
        for each in entries:
            assert git.blob_id(staged[each.path], each.oid) == each.oid


@pytest.mark.parametrize("folder", ["sub", "a[b]*", ":(top)", "-x", "new\nline"])
def test_a_project_below_the_root_of_the_repository(repository: Repository, folder: str) -> None:
    repository.write("outside.py")
    repository.write(f"{folder}/a.py", "a = 1\n")
    repository.write(f"{folder}/deep/b.py", "b = 1\n")
    repository.write(f"{folder}2/c.py")
    repository.commit()
    expected = {"a.py": b"a = 1\n", "deep/b.py": b"b = 1\n"}
    with repository.unchanged():
        assert repository.committed(folder=folder) == repository.indexed(folder) == expected


def test_a_folder_that_a_commit_does_not_have(repository: Repository) -> None:
    repository.write("a.py")
    repository.commit()
    (repository.root / "new").mkdir()
    assert git.tree(Spawner(), repository.root / "new", repository.oid()) == ()
    assert git.index(Spawner(), repository.root / "new") == ()


def test_a_file_that_was_only_announced_is_not_in_the_index(repository: Repository) -> None:
    repository.write("a.py")
    repository.write("empty.py", "")
    repository.commit()
    repository.write("announced.py", "x = 1\n")
    repository.git("add", "--intent-to-add", "announced.py")
    with repository.unchanged():
        assert repository.indexed() == {"a.py": CLEAN.encode(), "empty.py": b""}


def test_a_conflict_has_to_be_resolved_first(repository: Repository) -> None:
    conflicting(repository)
    with pytest.raises(subprocess.CalledProcessError):
        repository.git("merge", "-q", "other")
    with repository.unchanged():
        with pytest.raises(GatesError, match=r"`a\.py` is in conflict") as caught:
            repository.index()
        assert (caught.value.exit_code, caught.value.hint) == (2, "Resolve the conflict and `git add` it first.")
        assert sorted(repository.committed()) == ["a.py"]


def conflicting(repository: Repository) -> None:
    repository.write("a.py", "x = 1\n")
    repository.commit()
    repository.git("checkout", "-q", "-b", "other")
    repository.save("a.py", "x = 2\n")
    repository.git("checkout", "-q", "main")
    repository.save("a.py", "x = 3\n")


def test_flags_and_forms_of_the_index_do_not_matter(repository: Repository) -> None:
    for name in ("a.py", "in/b.py", "out/c.py", "out/deep/d.py", "skipped.py", "assumed.py"):
        repository.write(name, f"name = {name!r}\n")
    repository.commit()
    expected = repository.committed()
    repository.git("update-index", "--skip-worktree", "skipped.py")
    repository.git("update-index", "--assume-unchanged", "assumed.py")
    (repository.root / "skipped.py").unlink()
    repository.write("assumed.py", "other = 1\n")
    with repository.unchanged():
        assert repository.indexed() == expected
    repository.git("update-index", "--split-index")
    repository.write("in/b.py", "staged = 1\n")
    repository.git("add", "in/b.py")
    expected["in/b.py"] = b"staged = 1\n"
    with repository.unchanged():
        assert repository.indexed() == expected
    repository.git("update-index", "--no-split-index", "--no-skip-worktree", "skipped.py")
    repository.git("update-index", "--no-assume-unchanged", "assumed.py")
    repository.git("checkout", "-q", "--", ".")
    repository.git("commit", "-qam", "clean")
    repository.git("sparse-checkout", "set", "--cone", "--sparse-index", "in")
    assert not (repository.root / "out").exists()
    assert repository.git("ls-files", "--sparse", "--stage", "out").startswith("040000 ")
    listing = git.listing(Spawner(), repository.root)
    assert listing is not None
    assert listing.names == tuple(sorted(expected))
    assert sorted(listing.skipped) == ["out/c.py", "out/deep/d.py"]
    with repository.unchanged():
        assert repository.indexed() == expected


def test_submodules_are_left_out_and_are_repositories_of_their_own(repository: Repository) -> None:
    other = repository.with_submodule()
    inner = repository.root / "sub"
    with repository.unchanged():
        assert sorted(repository.committed()) == sorted(repository.indexed()) == [".gitmodules", "a.py"]
        assert repository.committed(folder="sub") == repository.indexed("sub") == {"b.py": b"b = 1\n"}
        assert git.head(Spawner(), inner) == other.oid()


@pytest.mark.parametrize("bare", [False, True])
def test_a_linked_worktree(repository: Repository, bare: bool) -> None:
    other = repository.other()
    other.write("a.py", "a = 1\n")
    other.commit()
    if bare:
        other.git("clone", "-q", "--bare", ".", str(repository.base / "bare.git"))
        other.root = repository.base / "bare.git"
    other.git("worktree", "add", "-q", "-b", "work", str(repository.root))
    repository.write("a.py", "a = 2\n")
    repository.git("add", "a.py")
    with repository.unchanged():
        assert repository.committed() == {"a.py": b"a = 1\n"}
        assert repository.indexed() == {"a.py": b"a = 2\n"}
        assert git.merge_base(Spawner(), repository.root, "main") == other.oid("main")


def test_contents_are_raw_whatever_attributes_say(repository: Repository) -> None:
    files = {"a.py": b"a\r\nb\n", "empty.py": b"", "nul.py": b"\0\n\0", "last.py": b"x", "same.py": b"x"}
    for name, content in files.items():
        repository.write(name, content)
    repository.git("init", "-q")
    repository.git("config", "core.autocrlf", "false")
    repository.commit()
    repository.write(".gitattributes", "*.py text eol=crlf ident working-tree-encoding=UTF-16\n")
    with repository.unchanged():
        assert repository.committed() == files


def test_what_is_no_content_of_a_file(repository: Repository) -> None:
    repository.write("a.py")
    repository.commit()
    for wrong in (repository.oid(), repository.oid("HEAD^{tree}")):
        with pytest.raises(ToolError, match="is not the content of a file"):
            repository.blobs(wrong)
    with pytest.raises(ToolError, match=r"object 1111.* is missing"):
        git.blobs(Spawner(), repository.root, ["1" * 40])
    for wrong in ("HEAD:a.py", "-x", "1" * 40 + "\n" + "2" * 40):
        with pytest.raises(ToolError, match="is no id of an object"):
            repository.blobs(wrong)


def test_a_replaced_object_is_judged_as_it_is(repository: Repository) -> None:
    repository.write("a.py", "a = 1\n")
    repository.commit()
    other = subprocess.run(
        ["git", "hash-object", "-w", "--stdin"], cwd=repository.root, input=b"b = 1\n", capture_output=True, check=True
    )
    repository.git("replace", repository.oid("HEAD:a.py"), other.stdout.decode().strip())
    assert repository.committed() == {"a.py": b"a = 1\n"}


def test_a_damaged_object_is_an_error(repository: Repository) -> None:
    repository.write("a.py", "a = 1\n")
    repository.commit()
    entry = repository.index()[0]
    stored = repository.root / ".git" / "objects" / entry.oid[:2] / entry.oid[2:]
    other = git.blob_id(b"b = 1\n", entry.oid)
    repository.write("b.py", "b = 1\n")
    repository.git("add", "b.py")
    stored.chmod(0o644)
    stored.write_bytes((repository.root / ".git" / "objects" / other[:2] / other[2:]).read_bytes())
    with pytest.raises(ToolError):
        repository.blobs(entry.oid)


@pytest.mark.parametrize("forgetful", [False, True])
@pytest.mark.parametrize("left_out", ["blob:none", "tree:0"])
def test_a_partial_clone_fetches_nothing(
    repository: Repository, monkeypatch: pytest.MonkeyPatch, left_out: str, forgetful: bool
) -> None:
    """`forgetful`: as git before 2.45, which knows no variable that forbids to fetch."""
    other = repository.other()
    other.write("a.py", "a = 1\n")
    other.commit()
    other.git("config", "uploadpack.allowFilter", "true")
    repository.git("clone", "-q", "--no-checkout", f"--filter={left_out}", f"file://{other.root}", ".")
    if forgetful:
        repository.wrap("unset GIT_NO_LAZY_FETCH")
    before = repository.digests()
    with pytest.raises(ToolError, match="git could not read objects: ") as caught:
        repository.committed()
    assert "git fetch --refetch --no-filter origin" in caught.value.hint
    assert repository.digests() == before
    repository.git("fetch", "-q", "--refetch", "--no-filter", "origin")
    assert repository.committed() == {"a.py": b"a = 1\n"}
