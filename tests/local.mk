# Test kinds, each with a local.mk of its own where it has programs.
EXTRA_DIST += %D%/run %D%/coverage %D%/ended.c %D%/kernels %D%/suppressions %D%/summary %D%/layers %D%/verbs %D%/emitters %D%/install %D%/readme %D%/words %D%/elsewhere %D%/elsewhere.lines %D%/completion %D%/kill %D%/mpi %D%/odbc %D%/session %D%/session.mix %D%/restored %D%/cli %D%/load %D%/cases %D%/verbs-models
TESTS += %D%/layers %D%/verbs %D%/emitters %D%/install %D%/readme %D%/words %D%/elsewhere %D%/completion %D%/kill %D%/mpi %D%/odbc %D%/session %D%/restored %D%/cli/run %D%/cli/process %D%/load/run %D%/cases/run %D%/verbs-models/run

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
# memory is refused to all transcripts and cases (tests/faults/refused).
coverage:
	$(MKDIR_P) coverage
	$(CC) -O1 -fPIC -c -o coverage/ended.o $(abs_srcdir)/%D%/ended.c
	cd coverage && { test -f Makefile || $(abs_srcdir)/configure -q CC='$(CC)' CFLAGS='-O0 -g --coverage' --disable-dependency-tracking \
	    LDFLAGS='-Wl,--wrap=raise -Wl,--wrap=_exit $(abs_builddir)/coverage/ended.o'; }
	cd coverage && $(MAKE) -s
	find coverage -name '*.gcda' -exec rm -f {} +
	-cd coverage && REFUSED_ALL=1 $(MAKE) -s -k check
	cd coverage && srcdir='$(abs_srcdir)' $(SHELL) $(abs_srcdir)/%D%/coverage

.PHONY: coverage
