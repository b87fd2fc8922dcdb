"""What is compiled and goes into a package: enough to check a token's signature, and no more."""

import subprocess
import sys
import zipfile
from importlib.metadata import distribution
from pathlib import Path

import pytest

from infra import wheels
from infra.errors import PackageError
from infra.paths import REPOSITORY
from infra.wheels import Machine

CHECKS_A_SIGNATURE = """
import sys
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
key = rsa.generate_private_key(65537, 2048)
signed = key.sign(b"x", padding.PKCS1v15(), hashes.SHA256())
key.public_key().verify(signed, b"x", padding.PKCS1v15(), hashes.SHA256())
curve, ecdsa = ec.generate_private_key(ec.SECP256R1()), ec.ECDSA(hashes.SHA256())
curve.public_key().verify(curve.sign(b"x", ecdsa), b"x", ecdsa)
edwards = ed25519.Ed25519PrivateKey.generate()
edwards.public_key().verify(edwards.sign(b"x"), b"x")
print(sys.modules["cryptography"].__file__)
"""


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """A folder with a wheel each of what is installed here."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    for name in ("cryptography", "cffi", "pycparser"):
        with zipfile.ZipFile(folder / f"{name}.whl", "w") as wheel:
            for file in distribution(name).files or ():
                if ".." not in file.parts and file.suffix != ".pyc":
                    wheel.write(str(file.locate()), str(file))
    return folder


def test_what_is_kept_of_the_wheels_checks_signatures(installed: Path, tmp_path: Path) -> None:
    package = tmp_path / "package"
    for name, content in wheels.unpacked(installed):
        (package / name).parent.mkdir(parents=True, exist_ok=True)
        (package / name).write_bytes(content)

    # Without the packages of our own Python (-S), as on Lambda.
    done = subprocess.run(
        [sys.executable, "-S", "-c", CHECKS_A_SIGNATURE],
        env={"PYTHONPATH": str(package)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.stdout.startswith(str(package)), done.stderr
    kept = {path.name for path in package.iterdir()}
    assert not {"cffi", "pycparser"} & kept
    assert not list(package.rglob("*.pyi"))


def test_each_package_that_is_kept_says_what_it_is_and_its_licence(installed: Path) -> None:
    kept = {name for name, _ in wheels.unpacked(installed)}

    for package in ("cryptography", "cffi"):
        version = distribution(package).version
        assert f"{package}-{version}.dist-info/METADATA" in kept
        assert any(f"{package}-{version}.dist-info/licenses/" in name for name in kept)


def test_a_wheel_without_a_hash_is_refused_with_the_words_of_pip(tmp_path: Path) -> None:
    (tmp_path / wheels.REQUIREMENTS).write_text(f"./{tmp_path.name}==1\n")

    with pytest.raises(PackageError, match="could not be downloaded"):
        wheels.files(wheels.of_this_machine(), tmp_path)


def test_what_was_downloaded_once_is_kept(
    installed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine, calls = Machine("arm64", "3.11"), []
    monkeypatch.setattr(wheels, "STATE", tmp_path / "state")

    def download(_machine: Machine, _requirements: Path, directory: Path) -> None:
        calls.append(directory)
        directory.mkdir()
        for wheel in installed.iterdir():
            (directory / wheel.name).write_bytes(wheel.read_bytes())

    monkeypatch.setattr(wheels, "download", download)

    first = wheels.files(machine, REPOSITORY)
    second = wheels.files(machine, REPOSITORY)
    wheels.files(Machine("x86_64", "3.11"), REPOSITORY)

    assert first == second
    assert len(calls) == 2
    assert not list((tmp_path / "state" / "wheels").glob("tmp*"))
