# One line a file.
lib_libglmm_core_la_SOURCES += \
  %D%/dense.c %D%/dense.h \
  %D%/lapack.h
