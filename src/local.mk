# The shell. Everything but main.c goes into a convenience library, so that tests can link it.
noinst_LTLIBRARIES += %D%/libmixsh.la
bin_PROGRAMS += %D%/mixsh
%C%_libmixsh_la_SOURCES =
%C%_libmixsh_la_LIBADD = lib/libglmm-core.la $(SHELL_LIBS)
%C%_mixsh_SOURCES = %D%/main.c
%C%_mixsh_LDADD = %D%/libmixsh.la

include src/lang/local.mk
include src/render/local.mk
include src/session/local.mk
include src/term/local.mk
include src/cmd/local.mk
include src/shell/local.mk
