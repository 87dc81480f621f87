# Unit tests (Criterion).  A test is a block of five lines: name, sources, flags, libraries, how it is linked.
unit_tests =
UNIT_CFLAGS = $(AM_CFLAGS) -Wno-conversion -Wno-double-promotion
UNIT_LIBS = $(shell_libs) -lcriterion

if HAVE_CRITERION
check_PROGRAMS += $(unit_tests)
TESTS += $(unit_tests)
endif

unit_tests += %D%/test-text
%C%_test_text_SOURCES = %D%/test-text.c
%C%_test_text_CFLAGS = $(UNIT_CFLAGS)
%C%_test_text_LDADD = $(UNIT_LIBS)
%C%_test_text_LINK = $(plain_link)

unit_tests += %D%/test-curves
%C%_test_curves_SOURCES = %D%/test-curves.c %D%/sweep.h
%C%_test_curves_CFLAGS = $(UNIT_CFLAGS)
%C%_test_curves_LDADD = $(UNIT_LIBS) -lRmath -lm
%C%_test_curves_LINK = $(plain_link)

unit_tests += %D%/test-frame
%C%_test_frame_SOURCES = %D%/test-frame.c
%C%_test_frame_CFLAGS = $(UNIT_CFLAGS)
%C%_test_frame_LDADD = $(UNIT_LIBS)
%C%_test_frame_LINK = $(plain_link)

EXTRA_DIST += %D%/run-session.h %D%/sweep.h

unit_tests += %D%/test-expr
%C%_test_expr_SOURCES = %D%/test-expr.c
%C%_test_expr_CFLAGS = $(UNIT_CFLAGS)
%C%_test_expr_LDADD = $(UNIT_LIBS)
%C%_test_expr_LINK = $(plain_link)

unit_tests += %D%/test-formula
%C%_test_formula_SOURCES = %D%/test-formula.c
%C%_test_formula_CFLAGS = $(UNIT_CFLAGS)
%C%_test_formula_LDADD = $(UNIT_LIBS)
%C%_test_formula_LINK = $(plain_link)

unit_tests += %D%/test-collinear
%C%_test_collinear_SOURCES = %D%/test-collinear.c
%C%_test_collinear_CFLAGS = $(UNIT_CFLAGS)
%C%_test_collinear_LDADD = $(UNIT_LIBS)
%C%_test_collinear_LINK = $(plain_link)

unit_tests += %D%/test-design
%C%_test_design_SOURCES = %D%/test-design.c
%C%_test_design_CFLAGS = $(UNIT_CFLAGS)
%C%_test_design_LDADD = $(UNIT_LIBS)
%C%_test_design_LINK = $(plain_link)

unit_tests += %D%/test-shrinkage
%C%_test_shrinkage_SOURCES = %D%/test-shrinkage.c %D%/make-design.c %D%/make-design.h
%C%_test_shrinkage_CFLAGS = $(UNIT_CFLAGS)
%C%_test_shrinkage_LDADD = $(UNIT_LIBS)
%C%_test_shrinkage_LINK = $(plain_link)

unit_tests += %D%/test-compare
%C%_test_compare_SOURCES = %D%/test-compare.c
%C%_test_compare_CFLAGS = $(UNIT_CFLAGS)
%C%_test_compare_LDADD = $(UNIT_LIBS)
%C%_test_compare_LINK = $(plain_link)

if HAVE_QUADMATH
unit_tests += %D%/test-family
endif
%C%_test_family_SOURCES = %D%/test-family.c
%C%_test_family_CFLAGS = $(UNIT_CFLAGS)
%C%_test_family_LDADD = $(UNIT_LIBS) -lquadmath -lRmath
%C%_test_family_LINK = $(plain_link)

unit_tests += %D%/test-histfile
%C%_test_histfile_SOURCES = %D%/test-histfile.c
%C%_test_histfile_CFLAGS = $(UNIT_CFLAGS)
%C%_test_histfile_LDADD = $(UNIT_LIBS)
%C%_test_histfile_LINK = $(plain_link)

unit_tests += %D%/test-lmm
%C%_test_lmm_SOURCES = %D%/test-lmm.c %D%/make-design.c %D%/make-design.h
%C%_test_lmm_CFLAGS = $(UNIT_CFLAGS)
%C%_test_lmm_LDADD = $(UNIT_LIBS)
%C%_test_lmm_LINK = $(plain_link)

unit_tests += %D%/test-lang
%C%_test_lang_SOURCES = %D%/test-lang.c
%C%_test_lang_CFLAGS = $(UNIT_CFLAGS)
%C%_test_lang_LDADD = $(UNIT_LIBS)
%C%_test_lang_LINK = $(plain_link)

unit_tests += %D%/test-commands
%C%_test_commands_SOURCES = %D%/test-commands.c
%C%_test_commands_CFLAGS = $(UNIT_CFLAGS)
%C%_test_commands_LDADD = $(UNIT_LIBS)
%C%_test_commands_LINK = $(plain_link)

unit_tests += %D%/test-csv
%C%_test_csv_SOURCES = %D%/test-csv.c
%C%_test_csv_CFLAGS = $(UNIT_CFLAGS)
%C%_test_csv_LDADD = $(UNIT_LIBS) -lz
%C%_test_csv_LINK = $(plain_link)

unit_tests += %D%/test-csv-memory
%C%_test_csv_memory_SOURCES = %D%/test-csv-memory.c
%C%_test_csv_memory_CFLAGS = $(UNIT_CFLAGS)
%C%_test_csv_memory_LDADD = $(UNIT_LIBS)
%C%_test_csv_memory_LINK = $(plain_link)

unit_tests += %D%/test-recession
%C%_test_recession_SOURCES = %D%/test-recession.c
%C%_test_recession_CFLAGS = $(UNIT_CFLAGS)
%C%_test_recession_LDADD = $(UNIT_LIBS)
%C%_test_recession_LINK = $(plain_link)
unit_tests += %D%/test-rng
%C%_test_rng_SOURCES = %D%/test-rng.c
%C%_test_rng_CFLAGS = $(UNIT_CFLAGS)
%C%_test_rng_LDADD = $(UNIT_LIBS)
%C%_test_rng_LINK = $(plain_link)

unit_tests += %D%/test-memory
%C%_test_memory_SOURCES = %D%/test-memory.c
%C%_test_memory_CFLAGS = $(UNIT_CFLAGS)
%C%_test_memory_LDADD = $(UNIT_LIBS)
%C%_test_memory_LINK = $(plain_link)
unit_tests += %D%/test-model
%C%_test_model_SOURCES = %D%/test-model.c
%C%_test_model_CFLAGS = $(UNIT_CFLAGS)
%C%_test_model_LDADD = $(UNIT_LIBS)
%C%_test_model_LINK = $(plain_link)

unit_tests += %D%/test-complete
%C%_test_complete_SOURCES = %D%/test-complete.c
%C%_test_complete_CFLAGS = $(UNIT_CFLAGS)
%C%_test_complete_LDADD = $(UNIT_LIBS)
%C%_test_complete_LINK = $(plain_link)

unit_tests += %D%/test-term
%C%_test_term_SOURCES = %D%/test-term.c
%C%_test_term_CFLAGS = $(UNIT_CFLAGS)
%C%_test_term_LDADD = $(UNIT_LIBS)
%C%_test_term_LINK = $(plain_link)

unit_tests += %D%/test-session
%C%_test_session_SOURCES = %D%/test-session.c
%C%_test_session_CFLAGS = $(UNIT_CFLAGS)
%C%_test_session_LDADD = $(UNIT_LIBS)
%C%_test_session_LINK = $(plain_link)

unit_tests += %D%/test-number
%C%_test_number_SOURCES = %D%/test-number.c
%C%_test_number_CFLAGS = $(UNIT_CFLAGS)
%C%_test_number_LDADD = $(UNIT_LIBS)
%C%_test_number_LINK = $(plain_link)

unit_tests += %D%/test-result
%C%_test_result_SOURCES = %D%/test-result.c %D%/sweep.h
%C%_test_result_CFLAGS = $(UNIT_CFLAGS)
%C%_test_result_LDADD = $(UNIT_LIBS)
%C%_test_result_LINK = $(plain_link)

unit_tests += %D%/test-render
%C%_test_render_SOURCES = %D%/test-render.c %D%/sweep.h
%C%_test_render_CFLAGS = $(UNIT_CFLAGS)
%C%_test_render_LDADD = $(UNIT_LIBS)
%C%_test_render_LINK = $(plain_link)

unit_tests += %D%/test-canvas
%C%_test_canvas_SOURCES = %D%/test-canvas.c
%C%_test_canvas_CFLAGS = $(UNIT_CFLAGS)
%C%_test_canvas_LDADD = $(UNIT_LIBS)
%C%_test_canvas_LINK = $(plain_link)

unit_tests += %D%/test-axis
%C%_test_axis_SOURCES = %D%/test-axis.c
%C%_test_axis_CFLAGS = $(UNIT_CFLAGS)
%C%_test_axis_LDADD = $(UNIT_LIBS)
%C%_test_axis_LINK = $(plain_link)

unit_tests += %D%/test-plot
%C%_test_plot_SOURCES = %D%/test-plot.c %D%/sweep.h
%C%_test_plot_CFLAGS = $(UNIT_CFLAGS)
%C%_test_plot_LDADD = $(UNIT_LIBS)
%C%_test_plot_LINK = $(plain_link)

unit_tests += %D%/test-glmm
%C%_test_glmm_SOURCES = %D%/test-glmm.c %D%/make-design.c %D%/make-design.h
%C%_test_glmm_CFLAGS = $(UNIT_CFLAGS)
%C%_test_glmm_LDADD = $(UNIT_LIBS) -lm
%C%_test_glmm_LINK = $(plain_link)

unit_tests += %D%/test-plots
%C%_test_plots_SOURCES = %D%/test-plots.c %D%/sweep.h
%C%_test_plots_CFLAGS = $(UNIT_CFLAGS)
%C%_test_plots_LDADD = $(UNIT_LIBS)
%C%_test_plots_LINK = $(plain_link)

unit_tests += %D%/test-model-commands
%C%_test_model_commands_SOURCES = %D%/test-model-commands.c
%C%_test_model_commands_CFLAGS = $(UNIT_CFLAGS)
%C%_test_model_commands_LDADD = $(UNIT_LIBS)
%C%_test_model_commands_LINK = $(plain_link)

unit_tests += %D%/test-invariance
%C%_test_invariance_SOURCES = %D%/test-invariance.c
%C%_test_invariance_CFLAGS = $(UNIT_CFLAGS)
%C%_test_invariance_LDADD = $(UNIT_LIBS)
%C%_test_invariance_LINK = $(plain_link)

unit_tests += %D%/test-api
%C%_test_api_SOURCES = %D%/test-api.c %D%/sweep.h
%C%_test_api_CFLAGS = $(UNIT_CFLAGS)
%C%_test_api_LDADD = $(UNIT_LIBS)
%C%_test_api_LINK = $(plain_link)

unit_tests += %D%/test-bundled
%C%_test_bundled_SOURCES = %D%/test-bundled.c
%C%_test_bundled_CFLAGS = $(UNIT_CFLAGS)
%C%_test_bundled_LDADD = $(UNIT_LIBS)
%C%_test_bundled_LINK = $(plain_link)

unit_tests += %D%/test-interrupt
%C%_test_interrupt_SOURCES = %D%/test-interrupt.c %D%/make-design.c %D%/make-design.h
%C%_test_interrupt_CFLAGS = $(UNIT_CFLAGS)
%C%_test_interrupt_LDADD = $(UNIT_LIBS)
%C%_test_interrupt_LINK = $(plain_link)

unit_tests += %D%/test-moredata
%C%_test_moredata_SOURCES = %D%/test-moredata.c %D%/make-design.c %D%/make-design.h
%C%_test_moredata_CFLAGS = $(UNIT_CFLAGS)
%C%_test_moredata_LDADD = $(UNIT_LIBS)
%C%_test_moredata_LINK = $(plain_link)

unit_tests += %D%/test-data-commands
%C%_test_data_commands_SOURCES = %D%/test-data-commands.c %D%/sweep.h
%C%_test_data_commands_CFLAGS = $(UNIT_CFLAGS)
%C%_test_data_commands_LDADD = $(UNIT_LIBS)
%C%_test_data_commands_LINK = $(plain_link)

unit_tests += %D%/test-estimable
%C%_test_estimable_SOURCES = %D%/test-estimable.c %D%/sweep.h
%C%_test_estimable_CFLAGS = $(UNIT_CFLAGS)
%C%_test_estimable_LDADD = $(UNIT_LIBS) -lm
%C%_test_estimable_LINK = $(plain_link)

unit_tests += %D%/test-icc
%C%_test_icc_SOURCES = %D%/test-icc.c
%C%_test_icc_CFLAGS = $(UNIT_CFLAGS)
%C%_test_icc_LDADD = $(UNIT_LIBS)
%C%_test_icc_LINK = $(plain_link)

unit_tests += %D%/test-predict
%C%_test_predict_SOURCES = %D%/test-predict.c %D%/sweep.h
%C%_test_predict_CFLAGS = $(UNIT_CFLAGS)
%C%_test_predict_LDADD = $(UNIT_LIBS)
%C%_test_predict_LINK = $(plain_link)

unit_tests += %D%/test-ladder
%C%_test_ladder_SOURCES = %D%/test-ladder.c %D%/sweep.h
%C%_test_ladder_CFLAGS = $(UNIT_CFLAGS)
%C%_test_ladder_LDADD = $(UNIT_LIBS)
%C%_test_ladder_LINK = $(plain_link)

unit_tests += %D%/test-attenuation
%C%_test_attenuation_SOURCES = %D%/test-attenuation.c %D%/sweep.h
%C%_test_attenuation_CFLAGS = $(UNIT_CFLAGS)
%C%_test_attenuation_LDADD = $(UNIT_LIBS) -lRmath -lm
%C%_test_attenuation_LINK = $(plain_link)

unit_tests += %D%/test-view
%C%_test_view_SOURCES = %D%/test-view.c %D%/sweep.h
%C%_test_view_CFLAGS = $(UNIT_CFLAGS)
%C%_test_view_LDADD = $(UNIT_LIBS)
%C%_test_view_LINK = $(plain_link)

unit_tests += %D%/test-explain
%C%_test_explain_SOURCES = %D%/test-explain.c
%C%_test_explain_CFLAGS = $(UNIT_CFLAGS)
%C%_test_explain_LDADD = $(UNIT_LIBS)
%C%_test_explain_LINK = $(plain_link)

unit_tests += %D%/test-dense
%C%_test_dense_SOURCES = %D%/test-dense.c
%C%_test_dense_CFLAGS = $(UNIT_CFLAGS)
%C%_test_dense_LDADD = $(UNIT_LIBS)
%C%_test_dense_LINK = $(plain_link)

unit_tests += %D%/test-identify
%C%_test_identify_SOURCES = %D%/test-identify.c %D%/identify-shapes.h
%C%_test_identify_CFLAGS = $(UNIT_CFLAGS)
%C%_test_identify_LDADD = $(UNIT_LIBS)
%C%_test_identify_LINK = $(plain_link)
unit_tests += %D%/test-encodings
%C%_test_encodings_SOURCES = %D%/test-encodings.c
%C%_test_encodings_CFLAGS = $(UNIT_CFLAGS)
%C%_test_encodings_LDADD = $(UNIT_LIBS) -ljansson
%C%_test_encodings_LINK = $(plain_link)

unit_tests += %D%/test-sparse
%C%_test_sparse_SOURCES = %D%/test-sparse.c %D%/make-design.c %D%/make-design.h
%C%_test_sparse_CFLAGS = $(UNIT_CFLAGS)
%C%_test_sparse_LDADD = $(UNIT_LIBS)
%C%_test_sparse_LINK = $(plain_link)
