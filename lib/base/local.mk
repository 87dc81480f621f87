# One line a file.
lib_libglmm_core_a_SOURCES += \
  %D%/arena.c %D%/arena.h \
  %D%/arena-text.c %D%/arena-text.h \
  %D%/aside.c %D%/aside.h \
  %D%/bins.c %D%/bins.h \
  %D%/clock.c %D%/clock.h \
  %D%/distinct.c %D%/distinct.h \
  %D%/error.c %D%/error.h \
  %D%/forecast.c %D%/forecast.h \
  %D%/hash.h \
  %D%/memory.c %D%/memory.h \
  %D%/order.c %D%/order.h \
  %D%/progress.h \
  %D%/quiet.h \
  %D%/ready.h \
  %D%/rng.c %D%/rng.h \
  %D%/safe.c %D%/safe.h \
  %D%/sample.c %D%/sample.h \
  %D%/suggest.c %D%/suggest.h \
  %D%/threads.h \
  %D%/text.c %D%/text.h \
  %D%/watch.h
