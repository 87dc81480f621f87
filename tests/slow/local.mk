# Tests that take a minute or more: `make check-slow`.
EXTRA_PROGRAMS += %D%/recover
%C%_recover_SOURCES = %D%/recover.c tests/unit/make-design.c tests/unit/make-design.h
%C%_recover_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests/unit
%C%_recover_CFLAGS = $(AM_CFLAGS) -Wno-conversion -Wno-double-promotion
%C%_recover_LDADD = lib/libglmm-core.la -lm
CLEANFILES += %D%/recover

EXTRA_PROGRAMS += %D%/identify
%C%_identify_SOURCES = %D%/identify.c tests/unit/identify-shapes.h
%C%_identify_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests/unit
%C%_identify_CFLAGS = $(AM_CFLAGS) -Wno-conversion -Wno-double-promotion
%C%_identify_LDADD = lib/libglmm-core.la -lm
CLEANFILES += %D%/identify

check-slow: %D%/recover %D%/identify
	OPENBLAS_NUM_THREADS=1 %D%/recover
	OPENBLAS_NUM_THREADS=1 %D%/identify

.PHONY: check-slow
