# One line a file.
lib_libglmm_core_la_SOURCES += \
  %D%/csv.h \
  %D%/expr.h \
  %D%/frame.h
