# lib/ changed in one place at a time: does a test notice?  `make mutants MUTANTS=300 SEED=2`; AGAIN=1 tries those again that survived,
# SANITIZERS=1 with sanitizers too, SECONDS=60 gives up a mutant after so much time of tests, KINDS=cli,cases asks tests of
# these kinds only, JOBS=2 tries as many at a time, TRACED=1 begins at once with the tests whose lines are known.
EXTRA_DIST += %D%/run %D%/one %D%/trace %D%/tests.sh %D%/build.sh %D%/trace.c %D%/mutants.awk %D%/equivalent
MUTANTS = 40
SEED = 1
FIRST = 1
SECONDS = 0
KINDS = *
JOBS = 2
SANITIZERS =
AGAIN =
TRACED =

mutants:
	CC='$(CC)' srcdir='$(srcdir)' $(SHELL) $(srcdir)/%D%/run -n $(MUTANTS) -s $(SEED) -f $(FIRST) -t $(SECONDS) -k '$(KINDS)' -j $(JOBS) $(if $(SANITIZERS),-a) $(if $(AGAIN),-r) $(if $(TRACED),-o)

clean-local:
	rm -rf mutants coverage

.PHONY: mutants
