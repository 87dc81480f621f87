# One line a file.
lib_libglmm_core_a_SOURCES += \
  %D%/blocks.c %D%/blocks.h %D%/blocks-private.h \
  %D%/blocks-alike.c %D%/blocks-assemble.c %D%/blocks-columns.c %D%/blocks-factor.c %D%/blocks-head.c %D%/blocks-head-lanes.h %D%/blocks-inverse.c %D%/blocks-squares.c \
  %D%/collinear.c %D%/collinear.h %D%/collinear-gram.c %D%/collinear-private.h \
  %D%/cone.c %D%/cone.h \
  %D%/dense.c %D%/dense.h \
  %D%/eigen.c %D%/eigen.h \
  %D%/lapack.h \
  %D%/correlation.c %D%/correlation.h \
  %D%/orthonormal.c %D%/orthonormal.h \
  %D%/ready.c %D%/ready.h \
  %D%/blocks-tail.c \
  %D%/supernodal.c %D%/supernodal.h %D%/symbolic.c %D%/symbolic.h \
  %D%/tail.h %D%/tail-dense.c %D%/tail-sparse.c %D%/templates.h \
  %D%/watched.c %D%/watched.h
