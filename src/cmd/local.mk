# One line a file.
src_libmixsh_a_SOURCES += \
  %D%/aggregate.c \
  %D%/anova.c \
  %D%/attenuation.c \
  %D%/commands.c %D%/commands.h \
  %D%/bootstrap.c \
  %D%/compare.c %D%/compare-pool.c %D%/compare-pool.h \
  %D%/confint.c \
  %D%/contrast.c \
  %D%/datasets.c \
  %D%/date.c \
  %D%/demo.c \
  %D%/derivation.h \
  %D%/describe.c \
  %D%/small-histogram.c %D%/small-histogram.h \
  %D%/diagnose.c \
  %D%/evidence.c %D%/evidence.h \
  %D%/explain.c \
  %D%/figure-averages.c \
  %D%/figure-explain.c \
  %D%/figure-groups.c \
  %D%/figure-keys.c \
  %D%/figure-linear.c \
  %D%/figure-numbers.c %D%/figure-numbers.h \
  %D%/figure-predictions.c \
  %D%/figure-shown.c %D%/figure-shown.h \
  %D%/figure-tables.c %D%/figure-rest.c \
  %D%/filed.c %D%/filed.h \
  %D%/figures.c %D%/figures.h \
  %D%/factor.c \
  %D%/fit.c \
  %D%/fitted.c \
  %D%/gee.c \
  %D%/head.c \
  %D%/glossary.c \
  %D%/glossary.h \
  %D%/help.c \
  %D%/history.c \
  %D%/icc.c %D%/icc-pool.c %D%/icc-pool.h \
  %D%/ladder.c \
  %D%/keep.c \
  %D%/last.c \
  %D%/let.c \
  %D%/load.c %D%/load.h %D%/load-again.c %D%/load-dates.c %D%/load-notes.c %D%/load-filling.c %D%/load-order.c %D%/load-parts.c %D%/load-report.c \
  %D%/margins.c \
  %D%/margins-job.c %D%/margins-pool.c %D%/margins-tables.c %D%/margins-job.h \
  %D%/means.c \
  %D%/means-call.c %D%/means-call.h \
  %D%/merge.c %D%/meta.c \
  %D%/model.c \
  %D%/plot-ascii.c \
  %D%/plots/attenuation.c \
  %D%/plots/caterpillar.c \
  %D%/plots/fitted.c %D%/plots/forest.c \
  %D%/plots/groups.c \
  %D%/plots/histogram.c \
  %D%/plots/levels.c %D%/plots/levels.h \
  %D%/plots/partial.c \
  %D%/plots/plots.h \
  %D%/plots/profile.c \
  %D%/plots/qq.c \
  %D%/plots/scatter.c %D%/plots/box.c %D%/plots/bars.c %D%/plots/means.c \
  %D%/plots/shares.c %D%/plots/shrinkage.c \
  %D%/plots/strip.c %D%/plots/strip.h \
  %D%/plots/variable.c %D%/plots/variable.h \
  %D%/note.c \
  %D%/output.c \
  %D%/power.c %D%/power-stated.c %D%/power-stated.h \
  %D%/predict.c \
  %D%/predictors.c %D%/predictors.h \
  %D%/quit.c \
  %D%/r2.c \
  %D%/ranef.c \
  %D%/record.c \
  %D%/report.c \
  %D%/replay.c \
  %D%/save.c \
  %D%/sensitivity.c \
  %D%/scan.c %D%/scan-plots.c %D%/scan-plots.h \
  %D%/set.c \
  %D%/shrinkage.c %D%/shrinkage-part.h %D%/shrinkage-show.c \
  %D%/simulate.c \
  %D%/summary.c \
  %D%/topics.c %D%/topics.h \
  %D%/slopes.c \
  %D%/sort.c \
  %D%/source.c \
  %D%/table.c \
  %D%/table-sheet.c %D%/table-sheet.h \
  %D%/tabulate.c \
  %D%/test.c \
  %D%/try.c \
  %D%/undo.c \
  %D%/use.c \
  %D%/varcorr.c %D%/vcov.c \
  %D%/verb.c %D%/verb.h \
  %D%/view.c \
  %D%/views/attenuation.c %D%/views/attenuation.h \
  %D%/views/attenuation-lines.c \
  %D%/views/attenuation-table.c \
  %D%/views/data.c \
  %D%/views/line.c %D%/views/line.h \
  %D%/views/list.c %D%/views/list.h \
  %D%/views/pane.c %D%/views/pane.h \
  %D%/views/ranef.c \
  %D%/views/rows.c %D%/views/rows.h %D%/views/rows-private.h \
  %D%/views/rows-draw.c \
  %D%/views/shrinkage.c \
  %D%/views/summary.c \
  %D%/views/views.h \
  %D%/whatif.c \
  %D%/where.c \
  %D%/matrix.c \
  %D%/write.c %D%/write.h %D%/write-again.c
