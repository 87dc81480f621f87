# Tests that take a minute or more: `make check-slow`; the second of them with few models in `make check` as well.
slow_cppflags = $(AM_CPPFLAGS) -I$(srcdir)/tests/unit
slow_cflags = $(AM_CFLAGS) -Wno-conversion -Wno-double-promotion
slow_design = tests/unit/make-design.c tests/unit/make-design.h

EXTRA_PROGRAMS += %D%/recover
%C%_recover_SOURCES = %D%/recover.c $(slow_design)
%C%_recover_CPPFLAGS = $(slow_cppflags)
%C%_recover_CFLAGS = $(slow_cflags)
%C%_recover_LDADD = $(engine_libs)
%C%_recover_LINK = $(plain_link)
CLEANFILES += %D%/recover

EXTRA_PROGRAMS += %D%/beaten
%C%_beaten_SOURCES = %D%/beaten.c $(slow_design)
%C%_beaten_CPPFLAGS = $(slow_cppflags)
%C%_beaten_CFLAGS = $(slow_cflags)
%C%_beaten_LDADD = $(engine_libs)
%C%_beaten_LINK = $(plain_link)
CLEANFILES += %D%/beaten

EXTRA_PROGRAMS += %D%/coverage
%C%_coverage_SOURCES = %D%/coverage.c $(slow_design)
%C%_coverage_CPPFLAGS = $(slow_cppflags)
%C%_coverage_CFLAGS = $(slow_cflags)
%C%_coverage_LDADD = $(engine_libs)
%C%_coverage_LINK = $(plain_link)
CLEANFILES += %D%/coverage

EXTRA_PROGRAMS += %D%/identify
%C%_identify_SOURCES = %D%/identify.c tests/unit/identify-shapes.h tests/unit/identify-kinds.h
%C%_identify_CPPFLAGS = $(slow_cppflags)
%C%_identify_CFLAGS = $(slow_cflags)
%C%_identify_LDADD = $(engine_libs)
%C%_identify_LINK = $(plain_link)
CLEANFILES += %D%/identify

EXTRA_DIST += %D%/waiting %D%/bytes %D%/made.awk

check_PROGRAMS += %D%/same
TESTS += %D%/same
%C%_same_SOURCES = %D%/same.c $(slow_design)
%C%_same_CPPFLAGS = $(slow_cppflags)
%C%_same_CFLAGS = $(slow_cflags)
%C%_same_LDADD = $(engine_libs)
%C%_same_LINK = $(plain_link)

check_PROGRAMS += %D%/determined
TESTS += %D%/determined
%C%_determined_SOURCES = %D%/determined.c %D%/determined-exact.c %D%/determined-exact.h %D%/determined-asked.c %D%/determined-more.c %D%/determined-more.h %D%/determined-shapes.c \
	%D%/determined-shapes.h %D%/determined-truth.c %D%/determined-truth.h
%C%_determined_CPPFLAGS = $(slow_cppflags) -I$(srcdir)/%D%
%C%_determined_CFLAGS = $(slow_cflags)
%C%_determined_LDADD = $(engine_libs)
%C%_determined_LINK = $(plain_link)

check-slow: src/mixsh %D%/recover %D%/coverage %D%/identify %D%/beaten %D%/same %D%/determined tests/unit/test-foreign
	OPENBLAS_NUM_THREADS=1 %D%/recover
	OPENBLAS_NUM_THREADS=1 %D%/coverage
	OPENBLAS_NUM_THREADS=1 %D%/identify
	OPENBLAS_NUM_THREADS=1 %D%/beaten
	OPENBLAS_NUM_THREADS=1 %D%/same 500
	OPENBLAS_NUM_THREADS=1 %D%/determined 2000
	srcdir='$(srcdir)' FRAMES=2000 FLIPS=3000 tests/unit/test-foreign --timeout 600
	MIXSH='$(abs_builddir)/src/mixsh' srcdir='$(abs_srcdir)' $(SHELL) $(srcdir)/%D%/waiting
	WHOLE=1 MIXSH='$(abs_builddir)/src/mixsh' $(SHELL) $(srcdir)/tests/verbs-models/run
	KILLS=200 srcdir='$(srcdir)' $(SHELL) $(srcdir)/tests/run $(srcdir)/tests/kill

# The same bytes with every kernel of OpenBLAS that this processor has, and with the reference BLAS and LAPACK.
check-kernels: all-am check-programs
	srcdir='$(srcdir)' builddir='$(builddir)' $(SHELL) $(srcdir)/tests/kernels

.PHONY: check-slow check-kernels
