# One line a file.
lib_libglmm_core_la_SOURCES += \
  %D%/number.h \
  %D%/plot.h \
  %D%/result.h \
  %D%/value.h
