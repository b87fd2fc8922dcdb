"""What is compiled and goes into a package: enough for what the functions do, and no more."""

import re
import subprocess
import sys
import zipfile
from importlib.metadata import distribution
from pathlib import Path

import pytest

from infra import wheels
from infra.errors import PackageError
from infra.paths import REPOSITORY
from infra.wheels import Architecture, Machine

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


SHIPS_TELEMETRY = """
import sys
from google.protobuf.internal import api_implementation
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from chalicelib.telemetry import otlp
from chalicelib.telemetry.lines import Line, read
from chalicelib.telemetry.records import record
sent = otlp.logs([record(read(Line("1", 1, "Worker", "hello")))])
(group,) = ExportLogsServiceRequest.FromString(sent).resource_logs
assert group.scope_logs[0].log_records[0].body.string_value == "hello"
assert otlp.partial(otlp.Signal.TRACES, b"").rejected == 0
assert api_implementation.Type() == "upb"
print(sys.modules["google.protobuf"].__file__)
"""


COMPRESSES = """
import zlib, zlib_ng
from chalicelib import deflate
made = deflate.compressor()
assert zlib.decompress(made.compress(b"a" * 99) + made.flush(), -15) == b"a" * 99
print(deflate.ENGINE.partition(" ")[0], "level", deflate.LEVEL, zlib_ng.__file__)
"""


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """A folder with a wheel each of what is installed here."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    names = ("cryptography", "cffi", "pycparser", "protobuf", "opentelemetry-proto", "zlib-ng")
    for name in names:
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


def test_what_is_kept_of_the_wheels_ships_telemetry(installed: Path, tmp_path: Path) -> None:
    package = tmp_path / "package"
    for name, content in wheels.unpacked(installed):
        (package / name).parent.mkdir(parents=True, exist_ok=True)
        (package / name).write_bytes(content)

    done = subprocess.run(
        [sys.executable, "-S", "-c", SHIPS_TELEMETRY],
        env={"PYTHONPATH": f"{package}:{REPOSITORY}"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.stdout.startswith(str(package)), done.stderr
    kept = {str(path.relative_to(package)) for path in package.rglob("*")}
    assert not [path for path in kept if "metrics" in path or path.endswith("_grpc.py")]


def test_what_is_kept_of_the_wheels_compresses(installed: Path, tmp_path: Path) -> None:
    package = tmp_path / "package"
    for name, content in wheels.unpacked(installed):
        (package / name).parent.mkdir(parents=True, exist_ok=True)
        (package / name).write_bytes(content)

    done = subprocess.run(
        [sys.executable, "-S", "-c", COMPRESSES],
        env={"PYTHONPATH": f"{package}:{REPOSITORY}"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.stdout.startswith(f"zlib-ng level 7 {package}"), done.stderr
    assert {path.name for path in (package / "zlib_ng").glob("*.py")} == {
        "__init__.py",
        "_version.py",
    }


@pytest.mark.parametrize("architecture", ["arm64", "x86_64"])
def test_lambda_does_not_do_without_the_compressor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, architecture: Architecture
) -> None:
    monkeypatch.setattr(wheels, "STATE", tmp_path / "state")
    (tmp_path / wheels.DEFLATE).write_text(f"./{tmp_path.name}==1\n")

    with pytest.raises(PackageError, match="could not be downloaded"):
        wheels.files(Machine(architecture, "3.11"), tmp_path, [wheels.DEFLATE])


def test_a_machine_without_a_wheel_of_the_compressor_does_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(wheels, "STATE", tmp_path / "state")
    (tmp_path / wheels.DEFLATE).write_text(f"./{tmp_path.name}==1\n")

    assert wheels.files(wheels.of_this_machine(), tmp_path, [wheels.DEFLATE]) == {}
    assert "compress with zlib" in "".join(capsys.readouterr())


def test_only_what_a_deployment_needs_is_in_its_package() -> None:
    def needed(*, tokens: bool, telemetry: bool) -> tuple[str, ...]:
        return wheels.needed(checks_tokens=tokens, ships_telemetry=telemetry)

    assert needed(tokens=False, telemetry=False) == (wheels.DEFLATE,)
    assert needed(tokens=True, telemetry=False) == (wheels.JWT, wheels.DEFLATE)
    assert needed(tokens=False, telemetry=True) == (wheels.OTLP, wheels.DEFLATE)
    assert needed(tokens=True, telemetry=True) == wheels.ALL


def test_each_package_that_is_kept_says_what_it_is_and_its_licence(installed: Path) -> None:
    kept = {name for name, _ in wheels.unpacked(installed)}

    for package in ("cryptography", "cffi", "protobuf", "zlib_ng"):
        version = distribution(package).version
        assert f"{package}-{version}.dist-info/METADATA" in kept
        licence = re.compile(rf"{package}-{version}\.dist-info/(licenses/|LICENSE)")
        assert any(licence.match(name) for name in kept)


def test_a_wheel_without_a_hash_is_refused_with_the_words_of_pip(tmp_path: Path) -> None:
    (tmp_path / wheels.JWT).write_text(f"./{tmp_path.name}==1\n")

    with pytest.raises(PackageError, match="could not be downloaded"):
        wheels.files(wheels.of_this_machine(), tmp_path, [wheels.JWT])


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

    first = wheels.files(machine, REPOSITORY, [wheels.JWT])
    second = wheels.files(machine, REPOSITORY, [wheels.JWT])
    wheels.files(Machine("x86_64", "3.11"), REPOSITORY, [wheels.JWT])

    assert first == second
    assert len(calls) == 2
    assert not list((tmp_path / "state" / "wheels").glob("tmp*"))
