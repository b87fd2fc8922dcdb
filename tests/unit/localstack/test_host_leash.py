"""A child on a leash does not outlive its parent."""

import subprocess
import sys

import psutil
import pytest

from infra.localstack.plugin import leash

# The parent and the child go on until they are ended.
_PARENT = f"""
import subprocess, sys, time
sys.path.insert(0, {str(leash.__file__.rsplit("/", 1)[0])!r})
import leash
child = subprocess.Popen(leash.leashed(["sleep", "60"]), start_new_session=True)
print(child.pid, flush=True)
time.sleep(60)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="no other system ends children with the parent")
def test_a_leashed_child_ends_when_its_parent_is_killed() -> None:
    with subprocess.Popen([sys.executable, "-c", _PARENT], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        child = psutil.Process(int(parent.stdout.readline()))
        parent.kill()

    gone, _ = psutil.wait_procs([child], timeout=5)

    assert gone


def test_a_child_whose_parent_has_ended_does_not_start() -> None:
    command = [sys.executable, leash.__file__, "1", "echo", "started"]

    done = subprocess.run(command, stdout=subprocess.PIPE, check=False)

    assert done.returncode != 0
    assert done.stdout == b""
