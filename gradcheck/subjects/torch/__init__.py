"""torch: functions and modules, and what surrounds each of their calls."""
