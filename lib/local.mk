# The engine. The convenience library has every symbol, for mixsh and the tests; the installed one exports glmm_* only.
noinst_LTLIBRARIES += %D%/libglmm-core.la
lib_LTLIBRARIES += %D%/libglmm.la
include_HEADERS += %D%/glmm.h

%C%_libglmm_core_la_SOURCES = %D%/glmm.h %D%/glmm.c
%C%_libglmm_core_la_LIBADD = $(BLAS_LIBS) $(ENGINE_LIBS)
EXTRA_DIST += %D%/NOTATION

include lib/base/local.mk
include lib/linalg/local.mk
include lib/result/local.mk
include lib/data/local.mk
include lib/model/local.mk
include lib/fit/local.mk
include lib/infer/local.mk

%C%_libglmm_la_SOURCES =
%C%_libglmm_la_LIBADD = %D%/libglmm-core.la
%C%_libglmm_la_LDFLAGS = $(AM_LDFLAGS) -version-info 0:0:0 -export-symbols-regex '^glmm_' -no-undefined
