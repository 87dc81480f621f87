# Driven in a terminal; left out where tmux is missing.
TESTS += %D%/run
EXTRA_DIST += %D%/run %D%/interrupt.test %D%/prompt.test %D%/screen.test %D%/signals.test
