/* fit-model.c -- fits a linear mixed model with libglmm alone, from a file and from arrays.
 *
 *     cc fit-model.c $(pkg-config --cflags --libs libglmm) -o fit-model
 *     ./fit-model sleepstudy.csv "Reaction ~ Days + (Days | Subject)"
 *
 * Without arguments it fits a small table of its own: the yields of 6 batches of a dyestuff, 5 samples each
 * (Davies and Goldsmith 1972). */
#include <stdio.h>
#include <glmm.h>

static const double yield[30] = { 1545, 1440, 1440, 1520, 1580, 1540, 1555, 1490, 1560, 1495, 1595, 1550, 1605, 1510, 1560,
                                  1445, 1440, 1595, 1465, 1545, 1595, 1630, 1515, 1635, 1625, 1520, 1455, 1450, 1480, 1445 };

static struct glmm_data *dyestuff(struct glmm_error *err)
{
    static const char *const names[6] = { "A", "B", "C", "D", "E", "F" };
    struct glmm_data *data = glmm_data_new(30, err);
    const char *batch[30];

    for (int i = 0; i < 30; i++)
        batch[i] = names[i / 5];
    if (data != NULL && glmm_data_add_real(data, "Yield", yield, err) && glmm_data_add_factor(data, "Batch", batch, err))
        return data;
    glmm_data_free(data);
    return NULL;
}

static void print_fit(const struct glmm_fit *fit)
{
    const double *estimate = glmm_fit_estimates(fit), *se = glmm_fit_standard_errors(fit);
    struct glmm_random random;

    printf("log-likelihood %.4f   AIC %.3f   parameters %d\n", glmm_fit_loglik(fit), glmm_fit_aic(fit), glmm_fit_npar(fit));
    for (int j = 0; j < glmm_fit_fixed_count(fit); j++)
        printf("%-16s %10.4f  (standard error %.4f)\n", glmm_fit_fixed_name(fit, j), estimate[j], se[j]);
    for (int t = 0; glmm_fit_random(fit, t, &random); t++) {
        printf("%s, %d levels\n", random.group, random.levels);
        for (int a = 0; a < random.effects; a++)
            printf("  sd of %-10s %10.4f\n", random.names[a], random.sd[a]);
        printf("  first level %s: %+.4f\n", random.level_names[0], random.modes[0]);
    }
    printf("residual sd        %10.4f\n", glmm_fit_sigma(fit));
    if (glmm_fit_verdict(fit) != GLMM_CONVERGED)
        printf("note: %s\n", glmm_fit_message(fit));
}

int main(int argc, char **argv)
{
    const char *formula = argc > 2 ? argv[2] : "Yield ~ 1 + (1 | Batch)";
    struct glmm_error err = { 0 };
    struct glmm_data *data = argc > 1 ? glmm_data_read(argv[1], &err) : dyestuff(&err);
    struct glmm_model *model = data == NULL ? NULL : glmm_model_new(data, formula, NULL, &err);
    struct glmm_fit *fit = model == NULL ? NULL : glmm_fit_new(model, NULL, &err);
    int status = 0;

    if (fit != NULL)
        print_fit(fit);
    else {
        fprintf(stderr, "%s%s%s\n", err.message, err.hint[0] != '\0' ? "; " : "", err.hint);
        status = 1;
    }
    glmm_fit_free(fit);
    glmm_model_free(model);
    glmm_data_free(data);
    return status;
}
