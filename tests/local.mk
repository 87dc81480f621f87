# Test kinds, each with a local.mk of its own where it has programs.
EXTRA_DIST += %D%/run %D%/summary %D%/layers
TESTS += %D%/layers

include tests/unit/local.mk
include tests/term/local.mk
