# One line a file.
src_libmixsh_a_SOURCES += \
  %D%/arguments.c %D%/arguments.h \
  %D%/call.c %D%/call.h \
  %D%/complete.c %D%/complete.h \
  %D%/complete-files.c %D%/complete-files.h \
  %D%/complete-names.c %D%/complete-names.h \
  %D%/complete-values.c %D%/complete-values.h \
  %D%/echo.c %D%/echo.h \
  %D%/elsewhere.c %D%/elsewhere.h %D%/elsewhere-private.h \
  %D%/elsewhere-call.c %D%/elsewhere-fit.c \
  %D%/eval.c %D%/eval.h \
  %D%/run.c %D%/run.h \
  %D%/script-complete.c %D%/script-complete.h \
  %D%/shell.c %D%/shell.h \
  %D%/start.c %D%/start.h \
  %D%/team.c %D%/team.h
