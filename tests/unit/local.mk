# Unit tests (Criterion).  A test is a name in this list; its source is NAME.c.  What else one needs follows below: further sources,
# further libraries.
unit_tests = \
  %D%/test-anova \
  %D%/test-along \
  %D%/test-api \
  %D%/test-api-fit \
  %D%/test-api-edges \
  %D%/test-api-effects \
  %D%/test-api-infer \
  %D%/test-api-missing \
  %D%/test-api-studies \
  %D%/test-approximation \
  %D%/test-attenuation \
  %D%/test-axis \
  %D%/test-bundled \
  %D%/test-canvas \
  %D%/test-collinear \
  %D%/test-commands \
  %D%/test-compare \
  %D%/test-comparison \
  %D%/test-complete \
  %D%/test-crossed \
  %D%/test-csv \
  %D%/test-csv-files \
  %D%/test-csv-memory \
  %D%/test-csv-parts \
  %D%/test-csv-programs \
  %D%/test-curves \
  %D%/test-data-commands \
  %D%/test-dense \
  %D%/test-design \
  %D%/test-design-r \
  %D%/test-diagnose \
  %D%/test-dial \
  %D%/test-effects \
  %D%/test-encodings \
  %D%/test-estimable \
  %D%/test-explain \
  %D%/test-explain-all \
  %D%/test-expr \
  %D%/test-family-moments \
  %D%/test-family-table \
  %D%/test-formula \
  %D%/test-frame \
  %D%/test-gee \
  %D%/test-glmm \
  %D%/test-glmm-trouble \
  %D%/test-glmm-gradient \
  %D%/test-conventions \
  %D%/test-histfile \
  %D%/test-icc \
  %D%/test-identify \
  %D%/test-interrupt \
  %D%/test-intervals \
  %D%/test-invariance \
  %D%/test-kenward \
  %D%/test-ladder \
  %D%/test-lang \
  %D%/test-linear \
  %D%/test-lmm \
  %D%/test-marginal \
  %D%/test-means \
  %D%/test-memory \
  %D%/test-mode-errors \
  %D%/test-merged \
  %D%/test-model \
  %D%/test-model-commands \
  %D%/test-moredata \
  %D%/test-name-index \
  %D%/test-number \
  %D%/test-number-within \
  %D%/test-page \
  %D%/test-place \
  %D%/test-plot \
  %D%/test-profile \
  %D%/test-plots \
  %D%/test-precision \
  %D%/test-pool \
  %D%/test-power \
  %D%/test-prior \
  %D%/test-predict \
  %D%/test-ordinal \
  %D%/test-predictors \
  %D%/test-quadrature \
  %D%/test-recession \
  %D%/test-relation \
  %D%/test-relatives \
  %D%/test-refused \
  %D%/test-render \
  %D%/test-render-formats \
  %D%/test-replicate \
  %D%/test-residual \
  %D%/test-result \
  %D%/test-rng \
  %D%/test-rowqr \
  %D%/test-sample \
  %D%/test-scan \
  %D%/test-sensitivity \
  %D%/test-echo \
  %D%/test-session \
  %D%/test-shrinkage \
  %D%/test-shrinkage-counts \
  %D%/test-sparse \
  %D%/test-sparse-memory \
  %D%/test-some-rows \
  %D%/test-nested-structures \
  %D%/test-structured-prior \
  %D%/test-laws \
  %D%/test-structures \
  %D%/test-study \
  %D%/test-store \
  %D%/test-svg \
  %D%/test-term \
  %D%/test-text \
  %D%/test-foreign \
  %D%/test-write \
  %D%/test-unchanged \
  %D%/test-verbs \
  %D%/test-date-split \
  %D%/test-verdict \
  %D%/test-view \
  %D%/test-view-line \
  %D%/test-view-words
if HAVE_QUADMATH
unit_tests += %D%/test-family
endif

if HAVE_CRITERION
check_PROGRAMS += $(unit_tests)
check_LIBRARIES += %D%/librefusing.a
%C%_librefusing_a_SOURCES = %D%/refusing.c
TESTS += $(unit_tests)
endif

# Between a test and what it tests: refusing.c says why.
UNIT_LIBS = %D%/librefusing.a $(shell_libs) -lcriterion
LDADD = $(UNIT_LIBS)

# For all of them; private: what they are made of is compiled and linked as elsewhere.
%D%/%.$(OBJEXT): AM_CFLAGS += -Wno-conversion -Wno-double-promotion
# Of the tests themselves, most of whose code is run once, a third of the time to compile.
%D%/%.$(OBJEXT): CFLAGS += -O0
%D%/test-%: private LINK = $(plain_link)

EXTRA_DIST += %D%/run-session.h %D%/differences.h %D%/plain-families.h %D%/related.h %D%/stated.h %D%/stated-design.h %D%/study.h %D%/sweep.h %D%/random-frame.h %D%/places.h %D%/copies.h %D%/run-refusing.h %D%/session-sum.h
EXTRA_DIST += %D%/identify-shapes.h %D%/identify-kinds.h %D%/invert.h %D%/encodings-kinds.h %D%/encodings-inference.h %D%/well-formed.h %D%/simulated.h %D%/structured.h %D%/curves-models.h %D%/csv-texts.h %D%/hand-made.h %D%/averages.h %D%/natural-shapes.h %D%/view-models.h %D%/view-driven.h %D%/sanitized.h %D%/rendered.h %D%/dyestuff.h %D%/profiled.h %D%/sparse-models.h %D%/rowcov-slopes.h

%C%_test_shrinkage_SOURCES = %D%/test-shrinkage.c %D%/make-design.c %D%/make-design.h
%C%_test_mode_errors_SOURCES = %D%/test-mode-errors.c %D%/make-design.c %D%/make-design.h
%C%_test_lmm_SOURCES = %D%/test-lmm.c %D%/make-design.c %D%/make-design.h
%C%_test_glmm_SOURCES = %D%/test-glmm.c %D%/make-design.c %D%/make-design.h
%C%_test_shrinkage_counts_SOURCES = %D%/test-shrinkage-counts.c %D%/make-design.c %D%/make-design.h
%C%_test_glmm_gradient_SOURCES = %D%/test-glmm-gradient.c %D%/make-design.c %D%/make-design.h
%C%_test_glmm_trouble_SOURCES = %D%/test-glmm-trouble.c %D%/make-design.c %D%/make-design.h
%C%_test_quadrature_SOURCES = %D%/test-quadrature.c %D%/make-design.c %D%/make-design.h
%C%_test_interrupt_SOURCES = %D%/test-interrupt.c %D%/make-design.c %D%/make-design.h
%C%_test_moredata_SOURCES = %D%/test-moredata.c %D%/make-design.c %D%/make-design.h
%C%_test_sparse_SOURCES = %D%/test-sparse.c %D%/make-design.c %D%/make-design.h
%C%_test_sparse_memory_SOURCES = %D%/test-sparse-memory.c %D%/make-design.c %D%/make-design.h
%C%_test_some_rows_SOURCES = %D%/test-some-rows.c %D%/make-design.c %D%/make-design.h

%C%_test_pool_LDADD = $(UNIT_LIBS) -lRmath -lm
%C%_test_power_LDADD = $(UNIT_LIBS) -lRmath -lm
%C%_test_curves_LDADD = $(UNIT_LIBS) -lRmath -lm
%C%_test_means_LDADD = $(UNIT_LIBS) -lRmath -lm
%C%_test_linear_LDADD = $(UNIT_LIBS) -lRmath -lm
%C%_test_kenward_LDADD = $(UNIT_LIBS) -lRmath -lm
%C%_test_csv_LDADD = $(UNIT_LIBS) -lz
%C%_test_glmm_LDADD = $(UNIT_LIBS) -lm
%C%_test_crossed_LDADD = $(UNIT_LIBS) -lm
%C%_test_estimable_LDADD = $(UNIT_LIBS) -lm
%C%_test_attenuation_LDADD = $(UNIT_LIBS) -lRmath -lm
%C%_test_encodings_LDADD = $(UNIT_LIBS) -ljansson
%C%_test_write_LDADD = $(UNIT_LIBS) -ljansson
%C%_test_family_LDADD = $(UNIT_LIBS) -lquadmath -lRmath
%C%_test_marginal_LDADD = $(UNIT_LIBS) -lRmath -lm
%C%_test_family_moments_LDADD = $(UNIT_LIBS) -lRmath -lm
%C%_test_csv_files_LDADD = $(UNIT_LIBS) -lz
%C%_test_glmm_gradient_LDADD = $(UNIT_LIBS) -lm
%C%_test_glmm_trouble_LDADD = $(UNIT_LIBS) -lm
%C%_test_quadrature_LDADD = $(UNIT_LIBS) -lm
%C%_test_view_line_LDADD = $(UNIT_LIBS) -lm
%C%_test_family_table_LDADD = $(UNIT_LIBS) -lm
%C%_test_api_fit_LDADD = $(UNIT_LIBS) -lm
%C%_test_effects_LDADD = $(UNIT_LIBS) -lm
%C%_test_place_LDADD = $(UNIT_LIBS) -lm
%C%_test_comparison_LDADD = $(UNIT_LIBS) -lm
%C%_test_render_formats_LDADD = $(UNIT_LIBS) -lm
%C%_test_dial_LDADD = $(UNIT_LIBS) -lm
%C%_test_shrinkage_counts_LDADD = $(UNIT_LIBS) -lm
%C%_test_relation_LDADD = $(UNIT_LIBS) -lm
