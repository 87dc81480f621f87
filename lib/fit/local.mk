# One line a file.
lib_libglmm_core_a_SOURCES += \
  %D%/fit.h \
  %D%/gee.c %D%/gee.h %D%/gee-private.h %D%/gee-work.c \
  %D%/minimize.c %D%/minimize.h %D%/minimize-newton.c %D%/minimize-newton.h %D%/objective.h %D%/optimum.c %D%/optimum.h %D%/tolerances.h \
  %D%/lmm-curvature.c %D%/lmm-leave.c %D%/lmm-leave.h %D%/lmm-leave-private.h %D%/lmm-leave-level.c \
  %D%/fit.c %D%/fit-image.c %D%/fit-image.h %D%/image-walk.c %D%/image-walk.h %D%/identify-image.c %D%/lmm.c %D%/lmm-basis.c %D%/lmm-bent.c %D%/lmm-fit.c %D%/lmm-keep.c %D%/lmm-probe.c %D%/lmm-private.h %D%/lmm-result.c %D%/lmm-rows.c %D%/lmm-start.c %D%/lmm-tail.c %D%/lmm-vanish.c \
  %D%/lmm.h \
  %D%/alike.c %D%/alike.h \
  %D%/agq-nested.c \
  %D%/agq-nested.h %D%/agq-nested-private.h %D%/agq-inner.c %D%/agq-conditional.c %D%/agq-room.c %D%/agq-hessian.c \
  %D%/agq.c \
  %D%/agq.h \
  %D%/glmm-pql.c \
  %D%/glmm-elimination.c %D%/glmm-elimination.h %D%/glmm-links.c %D%/glmm-links.h %D%/glmm-precision.c \
  %D%/glmm-precision.h \
  %D%/glmm-constant.c \
  %D%/glmm-descent.c \
  %D%/glmm-fit.c \
  %D%/glmm-gradient.c %D%/glmm-hessian.c %D%/glmm-hessian-quadrature.c %D%/glmm-hessian-several.c %D%/glmm-hessian-steps.c %D%/glmm-hessian.h %D%/glmm-hessian-private.h \
  %D%/glmm-apart.c \
  %D%/glmm-approximation.c \
  %D%/glmm-importance.c \
  %D%/glmm-penalty.c \
  %D%/glmm-mode.c \
  %D%/glmm-parts.h \
  %D%/glmm-report.c \
  %D%/glmm-cells.c \
  %D%/glmm-cells.h \
  %D%/glmm-search.c \
  %D%/glmm-rounding.c \
  %D%/glmm-series-extreme.c \
  %D%/glmm-series-held.c %D%/glmm-series-private.h \
  %D%/glmm-series.c \
  %D%/glmm-several.c \
  %D%/glmm-verdict.c \
  %D%/verdict.c %D%/verdict.h \
  %D%/scales.c %D%/scales.h \
  %D%/limits.c %D%/limits-own.c %D%/limits.h %D%/limits-private.h %D%/limits-series.c \
  %D%/glmm-shapes.c \
  %D%/glmm-start.c %D%/glmm-start-apart.c \
  %D%/glmm-taken.c \
  %D%/glmm-threshold.c \
  %D%/glmm-coordinates.c \
  %D%/glmm-task.h \
  %D%/glmm.c \
  %D%/glmm.h \
  %D%/own-rows.c %D%/own-rows.h \
  %D%/explained-kinds.c %D%/explained-weights.c %D%/explained-some.c \
  %D%/explained.c \
  %D%/explained.h \
  %D%/identify.c %D%/identify-errors.c %D%/identify-fit.c %D%/identify-reduce.c %D%/identify-ask.c %D%/identify-words.c %D%/identify-split.c %D%/identify-aside.c %D%/identify-null.c %D%/identify-inside.c %D%/identify-place.c %D%/identify-joint.c %D%/identify-prior.c %D%/identify-span.c \
  %D%/identify.h \
  %D%/identify-private.h \
  %D%/imputed.c %D%/imputed.h \
  %D%/joint.c \
  %D%/joint.h \
  %D%/method.c %D%/method.h \
  %D%/quadrature.c \
  %D%/revise.c %D%/revise.h %D%/recession.c %D%/recession-ordered.c %D%/recession-rest.c %D%/recession-words.c %D%/recession-private.h \
  %D%/recession.h \
  %D%/quadrature.h
lib_libglmm_core_a_SOURCES += %D%/rowcov.c %D%/rowcov.h %D%/rowcov-private.h %D%/rowcov-ridge.c %D%/rowcov-rows.c %D%/rowcov-scales.c %D%/rowcov-sparse.c %D%/rowcov-sparse-private.h %D%/rowcov-moments.c %D%/rowcov-corner.c %D%/rowcov-descent.c %D%/rowcov-single.c %D%/rowcov-special.c %D%/rowcov-spread.c %D%/rowcov-edges.c %D%/rowcov-fit.c %D%/rowcov-curvature.c %D%/rowcov-identify.c %D%/rowcov-look-private.h %D%/rowcov-moved.c \
  %D%/rowcov-along.c %D%/rowcov-along.h %D%/rowcov-along-new.c %D%/rowcov-along-private.h \
  %D%/rowcov-pair.c %D%/rowcov-pair.h \
  %D%/rowcov-alike.c %D%/rowcov-met.c %D%/rowcov-draw.c %D%/rowcov-joint.c %D%/rowcov-joint.h %D%/rowcov-laplace.c %D%/rowcov-laplace-slopes.c %D%/rowcov-linear.c %D%/rowcov-modes.c %D%/rowcov-price.c %D%/rowcov-prior.c %D%/rowcov-result.c %D%/rowcov-result-laplace.c %D%/rowcov-verdict.c \
  %D%/search.c %D%/search.h
