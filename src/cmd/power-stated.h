/* power-stated.h -- the options of `power` that state a study without data. */
#ifndef CMD_POWER_STATED_H
#define CMD_POWER_STATED_H

#include <float.h>
#include <math.h>
#include "infer/study.h"
#include "lang/command.h"
#include "report/stating.h"

struct power_stated {
    const char *beta, *sd, *corr, *at, *between, *of;
    double sigma, dispersion;
};

/* The rows of an option table for a struct power_stated at `member`. */
#define POWER_STATED_TEXT(type_, member_, field_, word_, help_)                                                                  \
    {                                                                                                                            \
        .name = #field_, .type = OPTION_WORD, .offset = offsetof(type_, member_) + offsetof(struct power_stated, field_),        \
        .word = word_, .help = help_                                                                                             \
    }
#define POWER_STATED_REAL(type_, member_, field_, help_)                                                                         \
    {                                                                                                                            \
        .name = #field_, .type = OPTION_REAL, .offset = offsetof(type_, member_) + offsetof(struct power_stated, field_),        \
        .min = DBL_MIN, .max = INFINITY, .word = "VALUE", .help = help_                                                          \
    }
#define POWER_STATED_OPTIONS(type_, member_)                                                                                     \
    POWER_STATED_TEXT(type_, member_, beta, "LIST", "true coefficients, \"treat=0.5, time=0.1\": help planning"),                \
        POWER_STATED_TEXT(type_, member_, sd, "LIST", "standard deviations of groups' effects, \"g=0.3, 0.1\""),                 \
        POWER_STATED_TEXT(type_, member_, corr, "LIST", "correlation of a group's effects, \"g=0.2\""),                          \
        POWER_STATED_REAL(type_, member_, sigma, "the residual standard deviation; else 1"),                                     \
        POWER_STATED_REAL(type_, member_, dispersion, "the dispersion of families that have one"),                               \
        POWER_STATED_TEXT(type_, member_, at, "LIST", "values of predictors, \"time=0:4, arm=a, b\"; else 0, 1"),                \
        POWER_STATED_TEXT(type_, member_, between, "LIST", "predictors of one value in each group"),                             \
        POWER_STATED_TEXT(type_, member_, of, "NAME", "the coefficient that is tested; else the last of beta=")

/* None of them was given: they belong to a formula. */
bool power_stated_nothing(const struct call *call, struct glmm_error *err);

/* What is stated, but for groups and rows, which must have been given. */
bool power_stated_read(const struct call *call, const struct statement *statement, const struct power_stated *given,
                       const char *groups, const char *size, struct study_question *out, struct glmm_error *err);

#endif
