# One line a file.
src_libmixsh_la_SOURCES += \
  %D%/command.h \
  %D%/commands.c %D%/commands.h \
  %D%/help.c \
  %D%/history.c \
  %D%/last.c \
  %D%/output.c \
  %D%/quit.c \
  %D%/record.c \
  %D%/replay.c \
  %D%/set.c \
  %D%/topics.c %D%/topics.h \
  %D%/try.c
