"""What every test may use."""

from hypothesis import settings

pytest_plugins = ["pytester"]

# No deadline: a slow machine is no failure. All else stays as the profile in force says (`ci` under CI).
settings.register_profile("no-deadline", parent=settings(), deadline=None)
settings.load_profile("no-deadline")
