# Fuzz targets, run for a moment by make check: each is its own source and the driver.
fuzz_programs =
fuzz_script_link = -Wl,--wrap=file_write
fuzz_script = %D%/driver.c %D%/driver.h %D%/script.c %D%/script.h
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

fuzz_programs += %D%/fuzz-foreign
%C%_fuzz_foreign_SOURCES = %D%/fuzz-foreign.c %D%/driver.c %D%/driver.h
%C%_fuzz_foreign_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/%D%
%C%_fuzz_foreign_LDADD = $(engine_libs)
%C%_fuzz_foreign_LINK = $(plain_link)

fuzz_programs += %D%/fuzz-formula
%C%_fuzz_formula_SOURCES = %D%/fuzz-formula.c %D%/driver.c %D%/driver.h
%C%_fuzz_formula_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/%D%
%C%_fuzz_formula_LDADD = $(engine_libs)
%C%_fuzz_formula_LINK = $(plain_link)

fuzz_programs += %D%/fuzz-gzip
%C%_fuzz_gzip_SOURCES = %D%/fuzz-gzip.c %D%/driver.c %D%/driver.h
%C%_fuzz_gzip_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/%D%
%C%_fuzz_gzip_LDADD = $(engine_libs) -lz
%C%_fuzz_gzip_LINK = $(plain_link)

fuzz_programs += %D%/fuzz-session
%C%_fuzz_session_SOURCES = %D%/fuzz-session.c $(fuzz_script)
%C%_fuzz_session_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/%D%
%C%_fuzz_session_LDADD = $(shell_libs)
%C%_fuzz_session_LINK = $(plain_link) $(fuzz_script_link)

fuzz_programs += %D%/fuzz-replay
%C%_fuzz_replay_SOURCES = %D%/fuzz-replay.c $(fuzz_script)
%C%_fuzz_replay_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/%D%
%C%_fuzz_replay_LDADD = $(shell_libs)
%C%_fuzz_replay_LINK = $(plain_link) $(fuzz_script_link)

fuzz_programs += %D%/fuzz-files
%C%_fuzz_files_SOURCES = %D%/fuzz-files.c %D%/driver.c %D%/driver.h
%C%_fuzz_files_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/%D%
%C%_fuzz_files_LDADD = $(shell_libs)
%C%_fuzz_files_LINK = $(plain_link)

fuzz_programs += %D%/fuzz-matrix
%C%_fuzz_matrix_SOURCES = %D%/fuzz-matrix.c %D%/driver.c %D%/driver.h
%C%_fuzz_matrix_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/%D%
%C%_fuzz_matrix_LDADD = $(engine_libs)
%C%_fuzz_matrix_LINK = $(plain_link)

fuzz_programs += %D%/fuzz-store
%C%_fuzz_store_SOURCES = %D%/fuzz-store.c $(fuzz_script)
%C%_fuzz_store_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/%D%
%C%_fuzz_store_LDADD = $(shell_libs)
%C%_fuzz_store_LINK = $(plain_link) $(fuzz_script_link)

fuzz_programs += %D%/fuzz-model
%C%_fuzz_model_SOURCES = %D%/fuzz-model.c $(fuzz_script)
%C%_fuzz_model_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/%D%
%C%_fuzz_model_LDADD = $(shell_libs)
%C%_fuzz_model_LINK = $(plain_link) $(fuzz_script_link)

# The dictionary has each word of the program's tables.
check_PROGRAMS += %D%/words
TESTS += %D%/words
%C%_words_SOURCES = %D%/words.c
%C%_words_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/%D%
%C%_words_LDADD = $(shell_libs)
%C%_words_LINK = $(plain_link)

# With libFuzzer: each target for FUZZ_SECONDS, then random keys in a terminal as long.  Builds with clang in fuzz/; what it finds is there,
# and so are the corpora, which begin as those of the source.
EXTRA_DIST += %D%/corpus %D%/dictionary %D%/run %D%/seeds.c
FUZZ_SECONDS = 60

fuzz:
	srcdir='$(abs_srcdir)' $(SHELL) $(srcdir)/%D%/run $(FUZZ_SECONDS) $(FUZZ)

# One link of libFuzzer's own main() with a target; used in the build that `make fuzz` makes.
fuzz-link: lib/libglmm-core.a src/libmixsh.a
	$(MKDIR_P) %D%
	for target in command csv foreign formula gzip session replay files matrix store model; do \
	  $(CC) $(DEFS) -I. $(AM_CPPFLAGS) $(CPPFLAGS) $(AM_CFLAGS) $(CFLAGS) $(AM_LDFLAGS) -fsanitize=fuzzer $(fuzz_script_link) \
	    -o %D%/target-$$target $(srcdir)/%D%/fuzz-$$target.c $(srcdir)/%D%/script.c $(srcdir)/%D%/seeds.c $(shell_libs) -lz || exit 1; \
	done

.PHONY: fuzz fuzz-link
