# One line a file.
src_libmixsh_a_SOURCES += \
  %D%/ahead.h \
  %D%/ahead.c \
  %D%/candidates.h \
  %D%/candidates.c \
  %D%/histfile.h \
  %D%/histfile.c \
  %D%/pager.h \
  %D%/pager.c \
  %D%/pager-external.h \
  %D%/pager-external.c \
  %D%/progress.h \
  %D%/progress.c \
  %D%/prompt.h \
  %D%/prompt.c \
  %D%/readline.h \
  %D%/readline.c \
  %D%/recall.h \
  %D%/recall.c \
  %D%/signals.h \
  %D%/signals.c \
  %D%/terminal.h \
  %D%/terminal.c \
  %D%/terminfo.h \
  %D%/terminfo.c \
  %D%/view.h \
  %D%/view.c \
  %D%/view-private.h \
  %D%/view-paint.c
