"""The laws, one file per kind; importing a file registers what it declares."""
