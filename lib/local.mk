# The engine. The archive has every symbol, for mixsh and the tests; the installed library is made of the same objects and exports
# glmm_* only. libtool links that one alone: everything else is compiled and linked without it, in half the time.
noinst_LIBRARIES += %D%/libglmm-core.a
lib_LTLIBRARIES += %D%/libglmm.la
include_HEADERS += %D%/glmm.h
glmmdir = $(includedir)/glmm
glmm_HEADERS = %D%/glmm/base.h %D%/glmm/data.h %D%/glmm/fit.h %D%/glmm/groups.h %D%/glmm/infer.h %D%/glmm/means.h %D%/glmm/model.h %D%/glmm/pool.h %D%/glmm/population.h %D%/glmm/rows.h %D%/glmm/sample.h %D%/glmm/studies.h

%C%_libglmm_core_a_SOURCES = %D%/glmm.h %D%/glmm.c %D%/glmm-contrasts.c %D%/glmm-data.c %D%/glmm-effects.c %D%/glmm-infer.c %D%/glmm-means.c %D%/glmm-pool.c %D%/glmm-population.c %D%/glmm-sample.c %D%/glmm-shown.c %D%/glmm-studies.c %D%/glmm-tests.c %D%/glmm-objects.h
engine_libs = %D%/libglmm-core.a $(ENGINE_LIBS) $(BLAS_LIBS)
EXTRA_DIST += %D%/NOTATION %D%/libglmm.map

include lib/base/local.mk
include lib/linalg/local.mk
include lib/result/local.mk
include lib/data/local.mk
include lib/model/local.mk
include lib/fit/local.mk
include lib/infer/local.mk

# libtool would put the libraries before the archive that needs them, so they go to the linker as they are.
comma = ,
%C%_libglmm_la_SOURCES =
%C%_libglmm_la_DEPENDENCIES = %D%/libglmm-core.a %D%/libglmm.map
%C%_libglmm_la_LDFLAGS = $(AM_LDFLAGS) -version-info 0:0:0 -no-undefined -Wl,--version-script=$(srcdir)/%D%/libglmm.map \
                         -Wl,--whole-archive,%D%/libglmm-core.a,--no-whole-archive \
                         $(patsubst -l%,-Wl$(comma)-l%,$(ENGINE_LIBS) $(BLAS_LIBS))
