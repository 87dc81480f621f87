# One line a file.
src_libmixsh_a_SOURCES += \
  %D%/determined.c %D%/determined.h %D%/fit-parts.c %D%/fit-parts.h \
  %D%/fit-random.c %D%/fit-random.h \
  %D%/fit-tables.c %D%/fit-tables.h \
  %D%/fit-values.c %D%/fit-values.h \
  %D%/headline.c %D%/headline.h \
  %D%/imputed.c %D%/imputed.h \
  %D%/inference.c %D%/inference.h \
  %D%/interval-notes.c %D%/interval-notes.h \
  %D%/law.c %D%/law.h \
  %D%/naming.c %D%/naming.h \
  %D%/replicating.c %D%/replicating.h \
  %D%/stating.c %D%/stating.h \
  %D%/tables.c %D%/tables.h
