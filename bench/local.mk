# `make bench`: speed against R's packages.
EXTRA_DIST += %D%/run %D%/models.tsv %D%/peers.R %D%/make-million %D%/make-crossed %D%/make-maximal %D%/load %D%/crossed
CLEANFILES += bench/million.csv bench/maximal.csv bench/ratings.csv bench/factorial.csv bench/rare.csv bench/crossed.out

bench: src/mixsh
	@MIXSH='$(abs_builddir)/src/mixsh' srcdir='$(srcdir)' bash $(srcdir)/%D%/run

.PHONY: bench
