# One line a file.
lib_libglmm_core_la_SOURCES += \
  %D%/fit.h \
  %D%/minimize.c %D%/minimize.h \
  %D%/lmm.h
