# Test kinds, each with a local.mk of its own where it has programs.
EXTRA_DIST += %D%/run %D%/kernels %D%/suppressions %D%/summary %D%/layers %D%/install %D%/readme %D%/words %D%/cli %D%/load %D%/cases
TESTS += %D%/layers %D%/install %D%/readme %D%/words %D%/cli/run %D%/cli/process %D%/load/run %D%/cases/run

include tests/unit/local.mk
include tests/reference/local.mk
include tests/term/local.mk
include tests/fuzz/local.mk
include tests/slow/local.mk
include tests/faults/local.mk

# The folder of transcripts is distributed whole; what the tests left there in the build is not.
dist-hook:
	rm -f $(distdir)/%D%/cli/*.log $(distdir)/%D%/cli/*.trs $(distdir)/%D%/load/*.log $(distdir)/%D%/load/*.trs $(distdir)/%D%/cases/*.log $(distdir)/%D%/cases/*.trs
