# One line a file.
lib_libglmm_core_la_SOURCES += \
  %D%/fit.h \
  %D%/minimize.c %D%/minimize.h \
  %D%/fit.c %D%/lmm.c %D%/lmm-basis.c %D%/lmm-fit.c %D%/lmm-private.h %D%/lmm-result.c \
  %D%/lmm.h
