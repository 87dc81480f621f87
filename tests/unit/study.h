/* study.h -- data, a model of them and its fit, by <glmm.h> alone. */
#ifndef TESTS_STUDY_H
#define TESTS_STUDY_H

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "glmm.h"

struct study {
    struct glmm_data *data;
    struct glmm_model *model;
    struct glmm_fit *fit;
};

/* The model, by `how` (NULL: the defaults), of data that are there. */
static inline void study_fit(struct study *study, const char *formula, const struct glmm_model_options *how)
{
    struct glmm_error err = { 0 };

    study->model = glmm_model_new(study->data, formula, how, &err);
    cr_assert_not_null(study->model, "%s", err.message);
    study->fit = glmm_fit_new(study->model, NULL, &err);
    cr_assert_not_null(study->fit, "%s", err.message);
}

/* Of data/NAME.csv.  types: NULL, or which are forced ("herd=factor"). */
static inline struct study study_read(const char *name, const char *types, const char *formula, const char *family)
{
    struct glmm_read_options as = { .size = sizeof as, .types = types };
    struct glmm_model_options how = { .size = sizeof how, .family = family };
    const char *srcdir = getenv("srcdir");
    struct glmm_error err = { 0 };
    struct study study;
    char path[1000];

    snprintf(path, sizeof path, "%s/data/%s.csv", srcdir == NULL ? "." : srcdir, name);
    study.data = glmm_data_read_as(path, &as, &err);
    cr_assert_not_null(study.data, "%s", err.message);
    study_fit(&study, formula, &how);
    return study;
}

static inline void study_clear(struct study *study)
{
    glmm_fit_free(study->fit);
    glmm_model_free(study->model);
    glmm_data_free(study->data);
}

/* A call that is refused for the argument of that name; `err` is the caller's. */
#define REFUSED(call, name)                                                                                                      \
    do {                                                                                                                         \
        memset(&err, 0, sizeof err);                                                                                             \
        cr_expect(!(call), "%s", #call);                                                                                         \
        cr_expect(err.argument != NULL && strcmp(err.argument, name) == 0, "%s is about %s: %s", #call, err.argument,            \
                  err.message);                                                                                                  \
    } while (0)

#endif
