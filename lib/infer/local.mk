# One line a file.
lib_libglmm_core_a_SOURCES += \
  %D%/attenuation.c \
  %D%/attenuation.h \
  %D%/ci.c \
  %D%/ci.h \
  %D%/compare.c \
  %D%/compare.h \
  %D%/grid.c \
  %D%/grid.h \
  %D%/icc.c \
  %D%/icc.h \
  %D%/ladder.c \
  %D%/ladder.h \
  %D%/marginal.c \
  %D%/marginal.h \
  %D%/moredata.c \
  %D%/moredata.h \
  %D%/margins.c \
  %D%/margins.h \
  %D%/dial.c \
  %D%/dial.h \
  %D%/nest.c \
  %D%/nest.h \
  %D%/unpooled.c \
  %D%/unpooled.h \
  %D%/predict.c \
  %D%/predict.h \
  %D%/rowqr.c \
  %D%/rowqr.h \
  %D%/shrinkage.c \
  %D%/shrinkage.h
