# Whole sessions in which one thing after the other goes wrong; a thinned sweep in make check, all of it by `make check-faults`.
check_PROGRAMS += %D%/sweep
%C%_sweep_SOURCES = %D%/sweep.c %D%/calls.c %D%/calls.h %D%/fault.h %D%/sessions.h
%C%_sweep_LDADD =
%C%_sweep_LINK = $(plain_link)
EXTRA_%C%_sweep_DEPENDENCIES = %D%/fault.so

# The transcripts, with memory refused to each of their commands at each place that asks for some.
check_PROGRAMS += %D%/places
EXTRA_DIST += %D%/refused
EXTRA_%C%_places_DEPENDENCIES = tests/unit/places.h tests/unit/copies.h tests/unit/sanitized.h tests/unit/session-sum.h
%C%_places_SOURCES = %D%/places.c
%C%_places_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests/unit
%C%_places_LDADD = $(shell_libs)
%C%_places_LINK = $(plain_link) -Wl,--wrap=eval_reader -Wl,--wrap=omp_get_num_procs -Wl,--wrap=session_blame_memory

# Preloaded into the program under test, so it has no sanitizer of its own.
EXTRA_DIST += %D%/fault.c
CLEANFILES += %D%/fault.so
%D%/fault.so: %D%/fault.c %D%/fault.h
	$(AM_V_CC)$(MKDIR_P) %D% && $(CC) -std=gnu11 $(WARNINGS) $(CPPFLAGS) $(CFLAGS) -fPIC -shared -o $@ $(srcdir)/%D%/fault.c -ldl

check-faults: all-am %D%/sweep
	MIXSH='$(abs_builddir)/src/mixsh' srcdir='$(srcdir)' builddir=. $(SHELL) $(srcdir)/tests/run %D%/sweep all

.PHONY: check-faults
