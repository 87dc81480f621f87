# Driven in a terminal; left out where tmux is missing.  It looks until the screen shows something, and what it waits for may come
# late: so it runs beside the others, which have the processors meanwhile.  It stands first in tests/local.mk.
EXTRA_DIST += %D%/run %D%/interrupt.test %D%/prompt.test %D%/screen.test %D%/signals.test %D%/view.test

# In a terminal of our own: it goes away; random keys and sizes; signals at random moments.
term_programs = %D%/hangup %D%/keys %D%/storm
check_PROGRAMS += $(term_programs)
TESTS += $(term_programs)
%C%_hangup_SOURCES = %D%/hangup.c %D%/pty.c %D%/pty.h
%C%_keys_SOURCES = %D%/keys.c %D%/pty.c %D%/pty.h %D%/strokes.h
%C%_storm_SOURCES = %D%/storm.c %D%/pty.c %D%/pty.h

# How long each long command goes on behind Ctrl-C.
check_PROGRAMS += %D%/latency
TESTS += %D%/latency
%C%_latency_SOURCES = %D%/latency.c
%C%_latency_LDADD = $(shell_libs)
%C%_latency_LINK = $(plain_link)

# Long storms of signals, and random keys.
SIGNALS = 600
check-signals: all-am %D%/storm %D%/keys %D%/latency
	MIXSH='$(abs_builddir)/src/mixsh' srcdir='$(srcdir)' builddir=. $(SHELL) $(srcdir)/tests/run %D%/storm $(SIGNALS) 2
	MIXSH='$(abs_builddir)/src/mixsh' srcdir='$(srcdir)' builddir=. $(SHELL) $(srcdir)/tests/run %D%/keys 60 2
	MIXSH='$(abs_builddir)/src/mixsh' srcdir='$(srcdir)' builddir=. $(SHELL) $(srcdir)/tests/run %D%/latency all

.PHONY: check-signals
