# One line a file.
lib_libglmm_core_a_SOURCES += \
  %D%/number.c %D%/number.h \
  %D%/plot.c %D%/plot.h \
  %D%/result.c %D%/result.h \
  %D%/table.c %D%/table.h \
  %D%/value.c %D%/value.h
