# Tests that take a minute or more: `make check-slow`.
EXTRA_PROGRAMS += %D%/recover
%C%_recover_SOURCES = %D%/recover.c tests/unit/make-design.c tests/unit/make-design.h
%C%_recover_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests/unit
%C%_recover_CFLAGS = $(AM_CFLAGS) -Wno-conversion -Wno-double-promotion
%C%_recover_LDADD = lib/libglmm-core.la -lm
CLEANFILES += %D%/recover

check-slow: %D%/recover
	OPENBLAS_NUM_THREADS=1 ./$(<)

.PHONY: check-slow
