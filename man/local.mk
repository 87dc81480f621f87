# The manual.  Its command section is made from the table of commands: `make man-commands` renews it, a test holds it.
dist_man_MANS += %D%/mixsh.1
if HAVE_MPI
man_MANS += %D%/mixsh-mpi.1
endif
check_PROGRAMS += %D%/commands
%C%_commands_SOURCES = %D%/commands.c
%C%_commands_LDADD = $(shell_libs)
%C%_commands_LINK = $(plain_link)
TESTS += %D%/manual
EXTRA_DIST += %D%/manual %D%/mixsh-mpi.1

man-commands: %D%/commands
	%D%/commands --renew $(srcdir)/%D%/mixsh.1 >%D%/mixsh.1.new && cp %D%/mixsh.1.new $(srcdir)/%D%/mixsh.1 && rm %D%/mixsh.1.new

.PHONY: man-commands
