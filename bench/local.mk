# `make bench`: speed against R's packages.
EXTRA_DIST += %D%/run %D%/models.tsv %D%/peers.R %D%/make-million %D%/make-alike %D%/alike %D%/make-crossed %D%/make-maximal %D%/load %D%/crossed %D%/make-structures %D%/structures %D%/kenward %D%/kenward.R
CLEANFILES += bench/visits.csv bench/pedigree.csv bench/animals.csv bench/gwas.bed bench/gwas.bim bench/gwas.fam bench/gwas.csv bench/gwas.cXX.txt bench/gwas.assoc.txt \
  bench/gwas.log.txt bench/kenward.csv bench/million.csv bench/alike.csv bench/maximal.csv bench/ratings.csv bench/factorial.csv bench/rare.csv bench/crossed.out

bench: src/mixsh
	@MIXSH='$(abs_builddir)/src/mixsh' srcdir='$(srcdir)' bash $(srcdir)/%D%/run

.PHONY: bench
