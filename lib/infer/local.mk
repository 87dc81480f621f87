# One line a file.
lib_libglmm_core_la_SOURCES += \
  %D%/compare.h \
  %D%/shrinkage.h
