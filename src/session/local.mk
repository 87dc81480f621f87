# One line a file.
src_libmixsh_a_SOURCES += \
  %D%/bundled.c %D%/bundled.h \
  %D%/chronicle.c %D%/chronicle.h \
  %D%/conventions.c %D%/conventions.h \
  %D%/guard.c %D%/guard.h \
  %D%/heap.c %D%/heap.h \
  %D%/history.c %D%/history.h \
  %D%/init-file.c %D%/init-file.h \
  %D%/output.c %D%/output.h \
  %D%/page.c %D%/page.h \
  %D%/private.h \
  %D%/recover.c %D%/recover.h \
  %D%/report.c %D%/report.h \
  %D%/session.c %D%/session.h \
  %D%/store.c %D%/store.h %D%/store-private.h %D%/store-read.c %D%/store-write.c \
  %D%/undo.c %D%/undo.h \
  %D%/settings.c %D%/settings.h
