"""Prometheus' own tool takes the rules, and they do with made-up series what they should."""

import shutil
import subprocess
from pathlib import Path

import pytest

from infra.alerts import rules

_PROMTOOL = shutil.which("promtool")
_CASES = Path(__file__).parent / "alerts.test.yml"


def _promtool(*arguments: str) -> str:
    """Returns what promtool says. Fails if it fails."""
    if _PROMTOOL is None:
        pytest.skip("promtool is not installed (Debian: apt install prometheus)")
    done = subprocess.run([_PROMTOOL, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_prometheus_takes_the_rules() -> None:
    assert "SUCCESS" in _promtool("check", "rules", str(rules.COMMITTED))


def test_each_alert_fires_when_it_should_and_only_then() -> None:
    assert "SUCCESS" in _promtool("test", "rules", str(_CASES))


def test_a_limit_of_the_operator_is_in_the_rules(tmp_path: Path) -> None:
    written = tmp_path / "alerts.yml"
    written.write_text(rules.written(200.5))

    assert "SUCCESS" in _promtool("check", "rules", str(written))
    assert "vector(200.5)" in written.read_text()
