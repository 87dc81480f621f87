/* dyestuff.h -- the Dyestuff data, handed over by the public interface. */
#ifndef TESTS_DYESTUFF_H
#define TESTS_DYESTUFF_H

#include <criterion/criterion.h>
#include <math.h>
#include <stdbool.h>

#include "glmm.h"

static const double yield[30] = { 1545, 1440, 1440, 1520, 1580, 1540, 1555, 1490, 1560, 1495, 1595, 1550, 1605, 1510, 1560,
                                  1445, 1440, 1595, 1465, 1545, 1595, 1630, 1515, 1635, 1625, 1520, 1455, 1450, 1480, 1445 };

/* Dyestuff; `first` is the name of the first batch, NULL for a missing one. */
static inline struct glmm_data *dyestuff(const char *first, struct glmm_error *err)
{
    const char *names[6] = { first, "B", "C", "D", "E", "F" }, *batch[30];
    struct glmm_data *data = glmm_data_new(30, err);

    for (int i = 0; i < 30; i++)
        batch[i] = names[i / 5];
    if (data != NULL && glmm_data_add_real(data, "Yield", yield, err) && glmm_data_add_factor(data, "Batch", batch, err))
        return data;
    glmm_data_free(data);
    return NULL;
}

/* Whether a model of the data, which are freed, can be fitted. */
static inline bool fits(struct glmm_data *data, const char *formula, struct glmm_error *err)
{
    struct glmm_model *model = data == NULL ? NULL : glmm_model_new(data, formula, NULL, err);
    struct glmm_fit *fit = model == NULL ? NULL : glmm_fit_new(model, NULL, err);
    bool ok = fit != NULL;

    glmm_fit_free(fit);
    glmm_model_free(model);
    glmm_data_free(data);
    return ok;
}

static inline void near(double a, double b, double tolerance)
{
    cr_assert(fabs(a - b) <= tolerance, "%.12g and %.12g", a, b);
}

#endif
