# One line a file.
lib_libglmm_core_a_SOURCES += \
  %D%/spectral.c %D%/spectral.h %D%/spectral-new.c %D%/spectral-private.h %D%/scan.c %D%/scan.h %D%/sensitivity.c %D%/sensitivity.h %D%/sensitivity-private.h %D%/sensitivity-variants.c %D%/study.c %D%/study.h %D%/shares.c %D%/shares.h \
  %D%/anova.c \
  %D%/relatives.c %D%/relatives.h \
  %D%/mode-errors.c %D%/mode-errors.h \
  %D%/anova.h \
  %D%/at-grid.c \
  %D%/averaged.c %D%/averaged.h \
  %D%/at-grid.h \
  %D%/attenuation.c \
  %D%/attenuation.h \
  %D%/bootstrap.c \
  %D%/bootstrap.h \
  %D%/ci.c \
  %D%/ci.h \
  %D%/compare.c \
  %D%/compare.h \
  %D%/comparison.c \
  %D%/comparison.h \
  %D%/components.c \
  %D%/components.h \
  %D%/contrast.c \
  %D%/contrast.h \
  %D%/curves.c \
  %D%/curves.h \
  %D%/diagnose.c \
  %D%/diagnose-along.c \
  %D%/diagnose-rotate.c \
  %D%/diagnose-draws.c \
  %D%/diagnose.h \
  %D%/diagnose-private.h \
  %D%/dial.c \
  %D%/dial.h \
  %D%/equivalence.c \
  %D%/equivalence.h \
  %D%/enlarge.c \
  %D%/enlarge.h \
  %D%/exact.c \
  %D%/exact.h \
  %D%/grid.c \
  %D%/grid.h \
  %D%/hypothesis.c \
  %D%/hypothesis.h \
  %D%/icc-interval.c %D%/icc-interval.h %D%/icc.c \
  %D%/icc.h \
  %D%/icc-rows.c \
  %D%/independence.c %D%/independence.h \
  %D%/influence.c \
  %D%/influence.h \
  %D%/intercept.c \
  %D%/intercept.h \
  %D%/kenward.c \
  %D%/kenward-cluster.c \
  %D%/kenward-private.h \
  %D%/kenward-rows.c \
  %D%/kenward.h \
  %D%/ladder.c \
  %D%/ladder.h \
  %D%/linear.c \
  %D%/linear-test.c \
  %D%/linear.h \
  %D%/lrt-boot.c \
  %D%/lrt-boot.h \
  %D%/marginal.c \
  %D%/marginal.h \
  %D%/margin.c \
  %D%/margins.c \
  %D%/margins.h \
  %D%/meta.c %D%/meta.h %D%/meta-exact.c %D%/meta-exact.h %D%/meta-private.h %D%/meta-studies.c \
  %D%/means.c %D%/means-estimate.c %D%/means-nest.c %D%/means-nest.h \
  %D%/means.h \
  %D%/moredata.c \
  %D%/moredata.h \
  %D%/nest-private.h \
  %D%/nest-structures.c \
  %D%/nest.c \
  %D%/nest.h \
  %D%/parameter.c \
  %D%/parameter.h \
  %D%/partial.c %D%/partial.h \
  %D%/partial-term.c \
  %D%/place.c %D%/place-curvature.c %D%/place-make.c %D%/place-starts.c %D%/place-tie.c %D%/place-value.c %D%/place-private.h \
  %D%/share-interval.c %D%/share-interval.h \
  %D%/share-profile.c %D%/share-profile.h \
  %D%/place.h \
  %D%/pool-lrt.c %D%/pool-lrt.h %D%/pool.c %D%/pool.h %D%/pool-image.c %D%/pool-image.h %D%/pool-linear.c %D%/pool-shares.c %D%/pool-means.c %D%/pool-means.h \
  %D%/power.c \
  %D%/power.h \
  %D%/power-levels.c \
  %D%/predict-parts.c %D%/predict-parts.h \
  %D%/predict.c %D%/predict-row.c %D%/predict-private.h \
  %D%/predict.h \
  %D%/predictor.c %D%/predictor.h \
  %D%/predictor-hold.c %D%/predictor-private.h %D%/predictor-values.c \
  %D%/profile.c %D%/profile-search.c %D%/profile-which.c %D%/profile-private.h \
  %D%/profiles.c %D%/profiles.h \
  %D%/profile.h \
  %D%/projection.c \
  %D%/projection.h \
  %D%/r2.c \
  %D%/r2.h \
  %D%/ratio.c \
  %D%/ratio.h \
  %D%/replicate.c \
  %D%/replicate.h \
  %D%/residual.c \
  %D%/residual.h \
  %D%/row-mean.c %D%/row-mean.h \
  %D%/rowqr.c \
  %D%/rowqr.h \
  %D%/shrinkage.c \
  %D%/shrinkage.h \
  %D%/simulate.c \
  %D%/simulate.h \
  %D%/simultaneous.c \
  %D%/simultaneous.h \
  %D%/slopes.c \
  %D%/slopes.h \
  %D%/sums.c \
  %D%/sums.h \
  %D%/ungrouped.c \
  %D%/ungrouped.h \
  %D%/unpooled.c \
  %D%/unpooled.h
