"""Where tokens are kept: who can read them, what a crash leaves, and the keyring."""

import os
import stat
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from longhaul.errors import CannotKeep
from longhaul.keeping import Keeper, SignIn
from longhaul.locks import locked

API = "https://api.example.com"
ALICE = SignIn(
    issuer="https://accounts.example.com",
    client_id="c",
    access_token="access-secret",
    refresh_token="refresh-secret",
    issued_at=0,
    expires_at=3600,
)
OTHER = SignIn("https://i", "c", "other-secret", None, 0, None)


class Keyring(ModuleType):
    """A keyring in memory, in place of the package."""

    priority = 5.0

    def __init__(self) -> None:
        super().__init__("keyring")
        self.kept: dict[tuple[str, str], str] = {}

    def get_keyring(self) -> "Keyring":
        return self

    def get_password(self, service: str, name: str) -> str | None:
        return self.kept.get((service, name))

    def set_password(self, service: str, name: str, password: str) -> None:
        self.kept[service, name] = password

    def delete_password(self, service: str, name: str) -> None:
        del self.kept[service, name]


class Locked(Keyring):
    def get_password(self, service: str, name: str) -> str | None:  # noqa: ARG002 - never read
        raise RuntimeError("the keyring is locked")


class Forgetful(Keyring):
    def set_password(self, service: str, name: str, password: str) -> None:
        """Keeps nothing, as the null backend of the package does."""


class Misconfigured(Keyring):
    def get_keyring(self) -> "Keyring":
        raise ValueError("Empty module name")


class Missing(Locked):
    priority = 0.0


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "config" / "longhaul"


@pytest.fixture
def keeper(folder: Path) -> Keeper:
    return Keeper(folder)


@pytest.fixture
def keyring(monkeypatch: pytest.MonkeyPatch) -> Keyring:
    found = Keyring()
    monkeypatch.setitem(sys.modules, "keyring", found)
    return found


def keep(keeper: Keeper, sign_in: SignIn = ALICE, api: str = API) -> str:
    with keeper.locked():
        return keeper.write(api, sign_in)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_tokens_are_found_by_the_url_of_their_api(keeper: Keeper, folder: Path) -> None:
    keep(keeper)
    keep(keeper, OTHER, "https://other")

    again = Keeper(folder)
    assert again.read(API) == ALICE
    assert again.read("https://other") == OTHER
    assert again.read(f"{API}/prod") is None


@pytest.mark.skipif(os.name != "posix", reason="file modes")
def test_nobody_else_can_read_the_tokens_at_any_moment(
    keeper: Keeper, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []
    monkeypatch.setattr(os, "fsync", lambda file: seen.append(os.fstat(file).st_mode & 0o777))
    before = os.umask(0)
    try:
        keep(keeper)
        keep(keeper, OTHER)
    finally:
        os.umask(before)

    assert seen == [0o600, 0o600]
    assert {path.name: mode(path) for path in folder.iterdir()} == {
        "tokens.json": 0o600,
        "tokens.lock": 0o600,
    }
    assert mode(folder) == 0o700


@pytest.mark.skipif(os.name != "posix", reason="file modes")
def test_an_umask_that_takes_everything_away_does_not_lock_the_owner_out(keeper: Keeper) -> None:
    keep(keeper)
    before = os.umask(0o777)
    try:
        with keeper.locked():
            keeper.write(API, OTHER)
    finally:
        os.umask(before)

    assert mode(keeper.path) == 0o600


@pytest.mark.skipif(os.name != "posix", reason="file modes")
@pytest.mark.parametrize("bits", [0o640, 0o604, 0o620, 0o644])
def test_tokens_that_others_may_know_are_not_used(keeper: Keeper, bits: int) -> None:
    keep(keeper)
    keeper.path.chmod(bits)

    with pytest.raises(CannotKeep, match=rf"Others may read .* \(mode {bits:o}\)") as refused:
        keeper.read(API)
    with pytest.raises(CannotKeep):
        keep(keeper, OTHER)

    assert "secret" not in str(refused.value)
    assert "access-secret" in keeper.path.read_text()


@pytest.mark.skipif(os.name != "posix", reason="owners")
def test_tokens_of_another_user_are_not_used(
    keeper: Keeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(keeper)
    monkeypatch.setattr(os, "geteuid", lambda: 12345)

    with pytest.raises(CannotKeep, match="belongs to another user"):
        keeper.read(API)


@pytest.mark.skipif(os.name != "posix", reason="symbolic links")
def test_a_link_to_another_place_is_not_followed(keeper: Keeper, tmp_path: Path) -> None:
    keep(keeper)
    elsewhere = keeper.path.rename(tmp_path / "elsewhere.json")
    keeper.path.symlink_to(elsewhere)

    with pytest.raises(CannotKeep, match="Cannot read"):
        keeper.read(API)


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"{", b"\xff\xff", b'{"version": 2, "tokens": {}}', b'{"tokens": 7}']
)
def test_a_file_that_is_not_ours_is_not_overwritten(keeper: Keeper, content: bytes) -> None:
    keep(keeper)
    keeper.path.write_bytes(content)

    with pytest.raises(CannotKeep, match="is not a file that this version"):
        keep(keeper)

    assert keeper.path.read_bytes() == content


def test_a_disk_that_is_full_leaves_what_was_there(
    keeper: Keeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(file: int) -> None:
        raise OSError(28, "No space left on device")

    keep(keeper)
    with monkeypatch.context() as broken:
        broken.setattr(os, "fsync", full)
        with pytest.raises(CannotKeep, match="No space left"):
            keep(keeper, OTHER)

    assert keeper.read(API) == ALICE
    assert sorted(path.name for path in keeper.path.parent.iterdir()) == [
        "tokens.json",
        "tokens.lock",
    ]


def test_what_a_crash_has_left_does_not_hinder_the_next_write(keeper: Keeper) -> None:
    keep(keeper)
    left = keeper.path.with_suffix(".new")
    left.write_bytes(b"half")

    keep(keeper, OTHER)

    assert keeper.read(API) == OTHER
    assert not left.exists()


def test_a_sign_in_shows_no_token() -> None:
    assert "secret" not in repr(ALICE) + str(ALICE) + repr([ALICE])


def test_a_relative_folder_of_settings_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", "here")
    monkeypatch.setenv("HOME", "/home/ann")
    monkeypatch.setattr(sys, "platform", "linux")

    assert Keeper().path == Path("/home/ann/.config/longhaul/tokens.json")


# -- the keyring -----------------------------------------------------------------------------------


def test_a_keyring_that_works_keeps_the_tokens(keeper: Keeper, keyring: Keyring) -> None:
    place = keep(keeper)

    assert place == "the keyring of this system"
    assert keeper.read(API) == ALICE
    assert [*keyring.kept] == [("longhaul", API)]
    assert not keeper.path.exists()


@pytest.mark.parametrize("kind", [Locked, Forgetful, Missing, Misconfigured])
def test_a_keyring_that_does_not_work_leaves_the_tokens_to_the_file(
    keeper: Keeper, monkeypatch: pytest.MonkeyPatch, kind: type[Keyring]
) -> None:
    monkeypatch.setitem(sys.modules, "keyring", kind())

    place = keep(keeper)

    assert place == str(keeper.path)
    assert keeper.read(API) == ALICE


def test_a_keyring_that_works_again_takes_the_tokens_out_of_the_file(
    keeper: Keeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    keyring = Keyring()
    monkeypatch.setitem(sys.modules, "keyring", keyring)
    keep(keeper)
    monkeypatch.setitem(sys.modules, "keyring", Locked())
    keep(keeper, OTHER)
    monkeypatch.setitem(sys.modules, "keyring", keyring)

    newest = keeper.read(API)
    keep(keeper, ALICE)

    assert newest == OTHER
    assert keeper.read(API) == ALICE
    assert "secret" not in keeper.path.read_text()


def test_what_is_forgotten_is_nowhere(keeper: Keeper, keyring: Keyring) -> None:
    keep(keeper)
    with keeper.locked():
        was_removed = keeper.remove(API)

    assert was_removed
    assert keeper.read(API) is None
    assert keyring.kept == {}


def test_it_is_said_if_a_keyring_cannot_forget(
    keeper: Keeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = []
    for kind in (Locked, Missing):
        monkeypatch.setitem(sys.modules, "keyring", kind())
        with keeper.locked():
            answers.append(keeper.remove(API))

    assert answers == [False, True]


# -- the lock --------------------------------------------------------------------------------------


def test_a_lock_is_for_one_process_and_freed_when_it_dies(tmp_path: Path) -> None:
    path = tmp_path / "x.lock"
    code = (
        "import os, sys, pathlib\n"
        "from longhaul.locks import locked\n"
        "with locked(pathlib.Path(sys.argv[1])):\n"
        "    print('held', flush=True)\n"
        "    sys.stdin.read()\n"
        "    os._exit(9)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout
        assert other.stdin
        other.stdout.readline()
        with pytest.raises(CannotKeep, match="Another longhaul has held"), locked(path):
            pass
        other.stdin.close()
        other.wait()

    with locked(path):
        pass
