# `make bench`: speed against R's packages.
EXTRA_DIST += %D%/run %D%/models.tsv %D%/peers.R %D%/make-million %D%/load
CLEANFILES += bench/million.csv

bench: src/mixsh
	@MIXSH='$(abs_builddir)/src/mixsh' srcdir='$(srcdir)' bash $(srcdir)/%D%/run

.PHONY: bench
