# Values of other programs: through the engine, and from end to end.
reference_programs = %D%/engine-cases %D%/shell-cases %D%/infer-cases
check_PROGRAMS += $(reference_programs)
TESTS += $(reference_programs)
EXTRA_DIST += %D%/cases.json %D%/infer.json %D%/gee-meta.json %D%/structures.json %D%/NOTES.md %D%/data %D%/design

%C%_engine_cases_SOURCES = %D%/engine-cases.c %D%/reference.c %D%/reference.h
%C%_engine_cases_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/%D%
%C%_engine_cases_LDADD = $(engine_libs) -ljansson
%C%_engine_cases_LINK = $(plain_link)
%C%_shell_cases_SOURCES = %D%/shell-cases.c %D%/reference.c %D%/reference.h
%C%_shell_cases_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/%D%
%C%_shell_cases_LDADD = -ljansson -lm
%C%_shell_cases_LINK = $(plain_link)
%C%_infer_cases_SOURCES = %D%/infer-cases.c %D%/reference.c %D%/reference.h
%C%_infer_cases_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/%D%
%C%_infer_cases_LDADD = -ljansson -lm
%C%_infer_cases_LINK = $(plain_link)
