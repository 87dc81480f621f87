# Fuzz targets, run for a moment by make check: each is its own source and the driver.
fuzz_programs =
check_PROGRAMS += $(fuzz_programs)
TESTS += $(fuzz_programs)

fuzz_programs += %D%/fuzz-command
%C%_fuzz_command_SOURCES = %D%/fuzz-command.c %D%/driver.c %D%/driver.h
%C%_fuzz_command_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/%D%
%C%_fuzz_command_LDADD = $(shell_libs)
%C%_fuzz_command_LINK = $(plain_link)

fuzz_programs += %D%/fuzz-csv
%C%_fuzz_csv_SOURCES = %D%/fuzz-csv.c %D%/driver.c %D%/driver.h
%C%_fuzz_csv_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/%D%
%C%_fuzz_csv_LDADD = $(engine_libs)
%C%_fuzz_csv_LINK = $(plain_link)

fuzz_programs += %D%/fuzz-formula
%C%_fuzz_formula_SOURCES = %D%/fuzz-formula.c %D%/driver.c %D%/driver.h
%C%_fuzz_formula_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/%D%
%C%_fuzz_formula_LDADD = $(engine_libs)
%C%_fuzz_formula_LINK = $(plain_link)
