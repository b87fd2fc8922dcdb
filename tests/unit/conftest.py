"""How hard hypothesis looks: `HYPOTHESIS_PROFILE=thorough` for a long search."""

import os

from hypothesis import HealthCheck, settings

_CI = bool(os.environ.get("CI"))

# A slow machine is no failure, so there is no deadline; in CI the same examples come each time.
for name, examples in (("quick", 60), ("thorough", 3_000)):
    settings.register_profile(
        name,
        deadline=None,
        max_examples=examples,
        derandomize=_CI,
        suppress_health_check=[HealthCheck.too_slow],
    )
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))
