# lib/ changed in one place at a time: does a test notice?  `make mutants MUTANTS=300 SEED=2`; AGAIN=1 tries those again that survived.
EXTRA_DIST += %D%/run %D%/mutants.awk %D%/equivalent
MUTANTS = 40
SEED = 1
FIRST = 1
AGAIN =

mutants:
	CC='$(CC)' srcdir='$(srcdir)' $(SHELL) $(srcdir)/%D%/run -n $(MUTANTS) -s $(SEED) -f $(FIRST) $(if $(AGAIN),-r)

clean-local:
	rm -rf mutants coverage

.PHONY: mutants
