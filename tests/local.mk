# Test kinds, each with a local.mk of its own where it has programs.
include tests/unit/local.mk
