# One line a file.
src_libmixsh_la_SOURCES += \
  %D%/candidates.h \
  %D%/pager.h \
  %D%/progress.h \
  %D%/readline.h \
  %D%/signals.h \
  %D%/terminal.h
