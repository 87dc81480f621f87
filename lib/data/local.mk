# One line a file.
lib_libglmm_core_la_SOURCES += \
  %D%/csv.h \
  %D%/expr.h \
  %D%/factor.c \
  %D%/frame.c %D%/frame.h \
  %D%/number-text.c
