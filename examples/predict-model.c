/* predict-model.c -- what a fit says: means, tests, predictions and the levels of a group, with libglmm alone.
 *
 *     cc predict-model.c $(pkg-config --cflags --libs libglmm) -o predict-model
 *     ./predict-model cbpp.csv
 *
 * The data: cases of pleuropneumonia in herds of cattle over four periods (Lesnoff et al. 2004). */
#include <stdio.h>
#include <glmm.h>

static const struct glmm_model_options binomial = { .size = sizeof binomial, .family = "binomial" };

static bool show_margins(const struct glmm_fit *fit, struct glmm_error *err)
{
    struct glmm_margins *margins = glmm_margins_new(fit, "period", NULL, err);
    struct glmm_margin mean;

    for (int k = 0; glmm_margins_get(margins, k, &mean); k++)
        printf("period %s: probability %.3f in the population, %.3f in a typical herd\n", mean.value, mean.estimate,
               mean.typical);
    glmm_margins_free(margins);
    return margins != NULL;
}

static bool show_test(const struct glmm_data *data, const struct glmm_fit *fit, struct glmm_error *err)
{
    struct glmm_model *model = glmm_model_new(data, "cbind(incidence, size - incidence) ~ 1 + (1 | herd)", &binomial, err);
    struct glmm_fit *small = model == NULL ? NULL : glmm_fit_new(model, NULL, err);
    struct glmm_test test;
    bool ok = small != NULL && glmm_compare(small, fit, &test, err);

    if (ok)
        printf("%s: chi2 %.2f, df %d, p %.2g\n", test.adds, test.chisq, test.df, test.p);
    glmm_fit_free(small);
    glmm_model_free(model);
    return ok;
}

/* The herd whose rate is the highest, by its own cases and pooled. */
static bool show_highest(const struct glmm_fit *fit, struct glmm_error *err)
{
    struct glmm_shrinkage *herds = glmm_shrinkage_new(fit, "herd", NULL, NULL, err);
    struct glmm_shrunk herd;

    for (int l = 0; glmm_shrinkage_get(herds, l, &herd); l++)
        if (herd.rank_pooled == glmm_shrinkage_count(herds))
            printf("herd %s is the highest: %.2f by its own rows, %.2f pooled\n", herd.level, herd.raw, herd.pooled);
    glmm_shrinkage_free(herds);
    return herds != NULL;
}

static bool show_new_row(const struct glmm_fit *fit, struct glmm_error *err)
{
    static const char *const period[] = { "2" }, *const herd[] = { "another" };
    struct glmm_predict_options options = { .size = sizeof options, .groups = GLMM_POPULATION };
    struct glmm_data *row = glmm_data_new(1, err);
    struct glmm_prediction *prediction = NULL;
    struct glmm_predicted p;

    if (row != NULL && glmm_data_add_factor(row, "period", period, err) && glmm_data_add_factor(row, "herd", herd, err))
        prediction = glmm_predict(fit, row, &options, err);
    if (glmm_prediction_get(prediction, &p))
        printf("period 2, a herd at random: %.3f [%.3f, %.3f]\n", p.estimate[0], p.lower[0], p.upper[0]);
    glmm_prediction_free(prediction);
    glmm_data_free(row);
    return prediction != NULL;
}

int main(int argc, char **argv)
{
    const struct glmm_read_options reading = { .size = sizeof reading, .types = "herd=factor,period=factor" };
    struct glmm_error err = { 0 };
    struct glmm_data *data = glmm_data_read_as(argc > 1 ? argv[1] : "data/cbpp.csv", &reading, &err);
    struct glmm_model *model =
        data == NULL ? NULL : glmm_model_new(data, "cbind(incidence, size - incidence) ~ period + (1 | herd)", &binomial, &err);
    struct glmm_fit *fit = model == NULL ? NULL : glmm_fit_new(model, NULL, &err);
    bool ok = fit != NULL && show_margins(fit, &err) && show_test(data, fit, &err) && show_highest(fit, &err)
              && show_new_row(fit, &err);

    if (!ok)
        fprintf(stderr, "%s%s%s\n", err.message, err.hint[0] != '\0' ? "; " : "", err.hint);
    glmm_fit_free(fit);
    glmm_model_free(model);
    glmm_data_free(data);
    return !ok;
}
