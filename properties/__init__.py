"""Property suites."""
