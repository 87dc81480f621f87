# Fuzz targets, run for a moment by make check: each is its own source and the driver.
fuzz_programs =
check_PROGRAMS += $(fuzz_programs)
TESTS += $(fuzz_programs)

fuzz_programs += %D%/fuzz-command
%C%_fuzz_command_SOURCES = %D%/fuzz-command.c %D%/driver.c %D%/driver.h
%C%_fuzz_command_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/%D%
%C%_fuzz_command_LDADD = src/libmixsh.la
