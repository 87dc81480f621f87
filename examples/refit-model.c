/* refit-model.c -- fits a model again and again to other responses, with libglmm alone: a permutation test of a variance.
 *
 *     cc refit-model.c $(pkg-config --cflags --libs libglmm) -o refit-model
 *     ./refit-model
 *
 * If the batches of a dyestuff did not differ, its yields could as well stand in any other order: how often is the variance
 * between batches then as large as that of the data? */
#include <stdio.h>
#include <glmm.h>

enum { ROWS = 30, TIMES = 99 };

static const double yield[ROWS] = { 1545, 1440, 1440, 1520, 1580, 1540, 1555, 1490, 1560, 1495, 1595, 1550, 1605, 1510, 1560,
                                    1445, 1440, 1595, 1465, 1545, 1595, 1630, 1515, 1635, 1625, 1520, 1455, 1450, 1480, 1445 };

static struct glmm_data *dyestuff(struct glmm_error *err)
{
    struct glmm_data *data = glmm_data_new(ROWS, err);
    int batch[ROWS];

    for (int i = 0; i < ROWS; i++)
        batch[i] = 1 + i / 5;
    if (data != NULL && glmm_data_add_real(data, "Yield", yield, err) && glmm_data_add_integer(data, "Batch", batch, err))
        return data;
    glmm_data_free(data);
    return NULL;
}

/* A small generator, so that the example prints the same everywhere. */
static unsigned next(unsigned *state, unsigned below)
{
    *state = *state * 1664525u + 1013904223u;
    return (*state >> 8) % below;
}

static void shuffle(double y[], unsigned *state)
{
    for (int i = ROWS - 1; i > 0; i--) {
        int j = (int)next(state, (unsigned)i + 1);
        double old = y[i];

        y[i] = y[j];
        y[j] = old;
    }
}

static bool permute(const struct glmm_fit *fit, struct glmm_error *err)
{
    struct glmm_random batch;
    double y[ROWS], observed;
    unsigned state = 1;
    int as_large = 0, at_zero = 0;

    glmm_fit_random(fit, 0, &batch);
    observed = batch.sd[0];
    for (int i = 0; i < ROWS; i++)
        y[i] = yield[i];
    for (int k = 0; k < TIMES; k++) {
        struct glmm_fit *again;

        shuffle(y, &state);
        again = glmm_fit_refit(fit, y, NULL, err);
        if (again == NULL)
            return false;
        glmm_fit_random(again, 0, &batch);
        as_large += batch.sd[0] >= observed;
        at_zero += glmm_fit_verdict(again) == GLMM_BOUNDARY;
        glmm_fit_free(again);
    }
    printf("sd between batches %.2f; of %d orders %d have one as large, %d one of 0\n", observed, TIMES, as_large, at_zero);
    printf("p = %.2f\n", (as_large + 1.0) / (TIMES + 1.0));
    return true;
}

int main(void)
{
    struct glmm_error err = { 0 };
    struct glmm_data *data = dyestuff(&err);
    struct glmm_model *model = data == NULL ? NULL : glmm_model_new(data, "Yield ~ 1 + (1 | Batch)", NULL, &err);
    struct glmm_fit *fit = model == NULL ? NULL : glmm_fit_new(model, NULL, &err);
    bool ok = fit != NULL && permute(fit, &err);

    if (!ok)
        fprintf(stderr, "%s\n", err.message);
    glmm_fit_free(fit);
    glmm_model_free(model);
    glmm_data_free(data);
    return !ok;
}
