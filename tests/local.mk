# Test kinds, each with a local.mk of its own where it has programs.
EXTRA_DIST += %D%/run %D%/rounded.awk %D%/coverage %D%/never %D%/ended.c %D%/counts.ld %D%/kernels %D%/suppressions %D%/summary %D%/layers %D%/verbs %D%/emitters %D%/install %D%/readme %D%/words %D%/elsewhere %D%/elsewhere.lines %D%/completion %D%/kill %D%/mpi %D%/odbc %D%/session %D%/session.mix %D%/restored %D%/cli %D%/load %D%/cases %D%/verbs-models
# Those that take long stand first, so that none is alone in the end; the very first are those that wait for a terminal.
TESTS += %D%/term/run %D%/cases/run %D%/faults/refused %D%/cli/run %D%/verbs-models/run %D%/session %D%/mpi %D%/faults/sweep
TESTS += %D%/layers %D%/verbs %D%/emitters %D%/install %D%/readme %D%/words %D%/elsewhere %D%/completion %D%/kill %D%/odbc %D%/restored %D%/cli/process %D%/load/run

include tests/unit/local.mk
include tests/reference/local.mk
include tests/term/local.mk
include tests/fuzz/local.mk
include tests/slow/local.mk
include tests/faults/local.mk
include tests/mutants/local.mk

# The folder of transcripts is distributed whole; what the tests left there in the build is not.
dist-hook:
	rm -f $(distdir)/%D%/cli/*.log $(distdir)/%D%/cli/*.trs $(distdir)/%D%/load/*.log $(distdir)/%D%/load/*.trs $(distdir)/%D%/cases/*.log $(distdir)/%D%/cases/*.trs $(distdir)/%D%/verbs-models/*.log $(distdir)/%D%/verbs-models/*.trs

# Lines and branches that the tests run, by folder; what never runs stands in coverage/never.txt.  A build of its own, in which
# memory is refused to all transcripts and cases (tests/faults/refused).  What was stopped goes on where it was: a test whose log is
# there has run, and a place where memory was refused is not tried again.  Behind a change of lib/ or src/ all begins anew, for gcov
# counts by the lines of one source.  COVER="tests/unit/test-lmm tests/cli/run" runs these tests alone; COVER=none only counts.
COVER =
coverage:
	$(MKDIR_P) coverage
	test -f coverage/ended.o || $(CC) -O1 -fPIC -c -o coverage/ended.o $(abs_srcdir)/%D%/ended.c
	cd coverage && { test -f Makefile || $(abs_srcdir)/configure -q CC='$(CC)' --disable-dependency-tracking \
	    CFLAGS='-O0 -g --coverage -fdata-sections -DFAIL_IS_FALSE -Wno-unused-value' \
	    LDFLAGS='-Wl,--wrap=raise -Wl,--wrap=_exit -Wl,--wrap=__gcov_fork -Wl,-T,$(abs_srcdir)/%D%/counts.ld $(abs_builddir)/coverage/ended.o'; }
	cd coverage && $(MAKE) -s all && $(MAKE) -s $(if $(COVER),%D%/faults/places$(EXEEXT),$(check_PROGRAMS)) && $(MAKE) -s coverage-begin
	-cd coverage && REFUSED_ALL=1 PLACES='$(abs_builddir)/coverage/places' $(MAKE) -s -k \
	    $(if $(COVER),$(patsubst %,%.log,$(filter-out none,$(COVER))),coverage-logs)
	cd coverage && srcdir='$(abs_srcdir)' $(SHELL) $(abs_srcdir)/%D%/coverage

# In the build of coverage: forgets what ran, where the objects are others now.
coverage-begin:
	@if test ! -f begun || test -n "`find lib src -name '*.$(OBJEXT)' -newer begun | head -n 1`"; then \
	    find . -name '*.gcda' -exec rm -f {} + ; rm -f places $(TEST_LOGS); echo >begun; fi
coverage-logs: $(TEST_LOGS)

.PHONY: coverage coverage-begin coverage-logs
