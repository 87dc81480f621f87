# Driven in a terminal; left out where tmux is missing.
TESTS += %D%/run
EXTRA_DIST += %D%/run %D%/interrupt.test %D%/prompt.test %D%/screen.test %D%/signals.test %D%/view.test

# In a terminal of our own: it goes away; random keys and sizes.
term_programs = %D%/hangup %D%/keys
check_PROGRAMS += $(term_programs)
TESTS += $(term_programs)
%C%_hangup_SOURCES = %D%/hangup.c %D%/pty.c %D%/pty.h
%C%_keys_SOURCES = %D%/keys.c %D%/pty.c %D%/pty.h

# These look at the clock, so they run when the machine has nothing else to do: behind all other tests.
# (A variable hides the target from automake, which would leave out its own rule.)
term_log = %D%/run.log
$(term_log): $(filter-out %D%/run.log,$(TEST_LOGS))
