# One line a file.
lib_libglmm_core_a_SOURCES += \
  %D%/checksum.c %D%/checksum.h \
  %D%/csv.c %D%/csv.h \
  %D%/csv-column.c %D%/csv-column.h \
  %D%/csv-detect.c %D%/csv-detect.h \
  %D%/csv-advice.c %D%/csv-advice-file.c %D%/csv-advice-codes.c %D%/csv-advice-merged.c %D%/csv-advice-dates.c %D%/csv-advice-levels.c %D%/csv-advice-order.c %D%/csv-advice-parts.c \
  %D%/csv-begin.c %D%/csv-box.c %D%/csv-look.c %D%/csv-look.h %D%/csv-missing.c %D%/csv-parse.c %D%/csv-part.c %D%/csv-part-private.h %D%/csv-record.c \
  %D%/csv-lines.c %D%/csv-names.c %D%/csv-private.h \
  %D%/csv-number.c %D%/csv-number.h \
  %D%/csv-report.c %D%/csv-report.h \
  %D%/date.c %D%/date.h %D%/date-kinds.c %D%/date-month.c %D%/date-split.c %D%/date-private.h \
  %D%/decode.c %D%/decode.h \
  %D%/digits.h \
  %D%/expr-date.c \
  %D%/expr-deparse.c \
  %D%/expr-operator.c %D%/expr-eval.c %D%/expr-eval.h \
  %D%/expr-factor.c \
  %D%/expr-other.c \
  %D%/expr-function.c \
  %D%/expr-group.c \
  %D%/expr-lex.c %D%/expr-lex.h \
  %D%/expr-parse.c \
  %D%/expr-text.c \
  %D%/expr.h \
  %D%/factor.c \
  %D%/foreign.c %D%/foreign.h \
  %D%/frame.c %D%/frame.h \
  %D%/genotypes.c %D%/genotypes.h \
  %D%/imputation.c %D%/imputation.h \
  %D%/intake.c %D%/intake.h \
  %D%/look.h \
  %D%/level-alike.c %D%/level-alike.h \
  %D%/level-order.c %D%/level-order.h \
  %D%/level-set.c %D%/level-set.h \
  %D%/name-index.c %D%/name-index.h \
  %D%/number-within.c %D%/number-within.h \
  %D%/magic-texts.c %D%/magic.c %D%/magic.h \
  %D%/number-text.c \
  %D%/r-object.c %D%/r-object.h %D%/r-object-private.h %D%/r-short-form.c \
  %D%/read-odbc.c %D%/read-packed.c %D%/read-r.c %D%/read-sqlite.c %D%/read-stat.c %D%/read-stat-labels.c %D%/read-stat-private.h %D%/read-xlsx.c \
  %D%/source.c %D%/source.h \
  %D%/write-stat.c %D%/csv-write.c %D%/gather.c %D%/grouping.c \
  %D%/verb-columns.c %D%/verb-date.c %D%/verb-factor.c %D%/verb-rows.c %D%/verbs.h
