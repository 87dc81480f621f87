# The shell. Everything but main.c goes into a library, so that tests can link it.
noinst_LIBRARIES += %D%/libmixsh.a
bin_PROGRAMS += %D%/mixsh
%C%_libmixsh_a_SOURCES =
shell_libs = %D%/libmixsh.a $(engine_libs) $(SHELL_LIBS)
%C%_mixsh_SOURCES = %D%/main.c
%C%_mixsh_LDADD = $(shell_libs)
%C%_mixsh_LINK = $(plain_link)
if HAVE_MPI
bin_PROGRAMS += %D%/mixsh-mpi
endif
%C%_mixsh_mpi_SOURCES = %D%/main-mpi.c
%C%_mixsh_mpi_CPPFLAGS = $(AM_CPPFLAGS) $(MPI_CFLAGS)
%C%_mixsh_mpi_LDADD = $(shell_libs) $(MPI_LIBS)
%C%_mixsh_mpi_LINK = $(plain_link)

include src/lang/local.mk
include src/render/local.mk
include src/session/local.mk
include src/term/local.mk
include src/report/local.mk
include src/cmd/local.mk
include src/shell/local.mk

# Completion for other shells, which the program prints from its tables.
bashcompletiondir = $(datadir)/bash-completion/completions
zshcompletiondir = $(datadir)/zsh/site-functions
bashcompletion_DATA = %D%/bash/mixsh
zshcompletion_DATA = %D%/zsh/_mixsh
CLEANFILES += $(bashcompletion_DATA) $(zshcompletion_DATA)
$(bashcompletion_DATA) $(zshcompletion_DATA): %D%/mixsh
	$(AM_V_GEN)$(MKDIR_P) $(@D) && MIXSH_DATADIR='$(srcdir)' %D%/mixsh --completion=$(notdir $(@D)) >$@.new && mv $@.new $@
