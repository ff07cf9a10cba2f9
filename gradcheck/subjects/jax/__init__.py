"""JAX: functions of arrays and pytrees, their reverse and their forward mode."""
