# One line a file.
lib_libglmm_core_a_SOURCES += \
  %D%/basis.c %D%/basis.h %D%/spline.c %D%/spline.h \
  %D%/bessel.c %D%/bessel.h \
  %D%/contrasts.c %D%/contrasts.h \
  %D%/structure.c %D%/structure.h %D%/matern.c %D%/matern.h %D%/toep.c %D%/toep.h %D%/relation.c %D%/relation.h %D%/relation-private.h %D%/relation-kin.c %D%/relation-markers.c %D%/relation-table.c %D%/relatives.c %D%/relatives.h %D%/genome.h %D%/descent.c %D%/descent.h \
  %D%/random.c %D%/random.h %D%/residuals.c %D%/residuals-disp.c %D%/residuals.h \
  %D%/covariance.c %D%/covariance.h \
  %D%/design.c %D%/design.h %D%/design-fixed.c %D%/design-terms.c %D%/design-private.h \
  %D%/estimable.c %D%/estimable.h \
  %D%/expand.c %D%/expand.h \
  %D%/formula.c %D%/formula.h %D%/formula-groups.c %D%/formula-private.h \
  %D%/group.c %D%/group.h \
  %D%/merged.c %D%/merged.h \
  %D%/model.c %D%/model.h \
  %D%/modelmatrix.c %D%/modelmatrix.h \
  %D%/outside.c %D%/outside.h \
  %D%/poly.c %D%/poly.h \
  %D%/prior.c %D%/prior.h \
  %D%/response.c %D%/response.h \
  %D%/rows.c %D%/rows.h \
  %D%/spec.c %D%/spec.h \
  %D%/variable.c %D%/variable.h \
  %D%/family-beta.c \
  %D%/family-compois.c \
  %D%/family-genpois.c \
  %D%/family-lognormal.c \
  %D%/family-ordbeta.c \
  %D%/family-cumulative.c \
  %D%/family-t.c \
  %D%/family-truncated.c \
  %D%/family-zero.c \
  %D%/family-tweedie.c \
  %D%/jet.h \
  %D%/family-betabinomial.c \
  %D%/family-binomial.c \
  %D%/family-draw.c \
  %D%/family-gamma.c \
  %D%/family-gaussian.c \
  %D%/family-inverse-gaussian.c \
  %D%/family-link.c \
  %D%/family-nbinom.c \
  %D%/family-parts.h \
  %D%/family-poisson.c \
  %D%/family-special.c \
  %D%/family-special.h \
  %D%/family-support.c \
  %D%/family.c \
  %D%/family.h
