"""What every test may use."""

import os

from hypothesis import settings

pytest_plugins = ["pytester"]

# No test stores cases where it happens to run; those about storing name a folder of their own.
os.environ.setdefault("GRADCHECK_CASES", "off")

# No deadline: a slow machine is no failure. All else stays as the profile in force says (`ci` under CI).
settings.register_profile("no-deadline", parent=settings(), deadline=None)
settings.load_profile("no-deadline")
