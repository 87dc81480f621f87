# One line a file.
src_libmixsh_la_SOURCES += \
  %D%/arguments.c %D%/arguments.h \
  %D%/call.c %D%/call.h \
  %D%/eval.c %D%/eval.h \
  %D%/shell.c %D%/shell.h
