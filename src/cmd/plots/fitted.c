/* fitted.c -- observed and residual against fitted: two kinds over the same points. */
#include <math.h>

#include "lang/command.h"
#include "report/headline.h"
#include "report/naming.h"
#include "cmd/plots/plots.h"
#include "base/sample.h"
#include "fit/identify.h"
#include "result/number.h"

static const struct model *need_model(struct plot_job *job)
{
    int used;
    const struct model *model = call_fitted_model(job->session, job->call, &used, job->err);

    if (model == NULL || !no_more_words(job->call, used, job->err) || !identity_check_fitted(model->fit, job->err))
        return NULL;
    result_string(job->result, "model", model->name);
    return model;
}

static const char *fitted_label(const struct design *design)
{
    return design_term(design, 0, NULL) == NULL ? "fitted" : "fitted, random effects included";
}

static bool build_fitted(struct plot_job *job)
{
    const struct model *model = need_model(job);
    const struct design *design;
    const char *words;
    double ends[2];
    struct plot *plot;

    if (model == NULL)
        return false;
    design = model->fit->design;
    if ((words = response_in_words(job->result->arena, model)) == NULL)
        return fail_memory(job->err);
    plot = job_plot(job, PLOT_XY, job_model_title(job, model, "observed against fitted"), fitted_label(design),
                    arena_printf(job->result->arena, "observed: %s", words));
    sample_range(model->fit->fitted, design->n, &ends[0], &ends[1]);
    plot_series(plot, MARK_DOTTED, "observed = fitted", 2, ends, ends);
    plot_series(plot, MARK_POINT, "row", design->n, model->fit->fitted, design->y);
    plot_statement(plot, "%zu rows; correlation of observed and fitted %.3f", design->n,
                   sample_correlation(model->fit->fitted, design->y, design->n));
    return plot != NULL || fail_memory(job->err);
}

static bool build_residuals(struct plot_job *job)
{
    const struct model *model = need_model(job);
    const struct design *design;
    const char *words;
    double *residuals;
    size_t largest = 0;
    struct plot *plot;
    char buffers[2][NUMBER_SIZE];

    if (model == NULL)
        return false;
    design = model->fit->design;
    words = response_in_words(job->result->arena, model);
    residuals = arena_alloc(job->result->arena, design->n, sizeof *residuals);
    plot = job_plot(job, PLOT_XY, job_model_title(job, model, "residuals against fitted"), fitted_label(design),
                    arena_printf(job->result->arena, "residual of %s", words));
    if (plot == NULL || residuals == NULL || words == NULL)
        return fail_memory(job->err);
    for (size_t i = 0; i < design->n; i++) {
        residuals[i] = design->y[i] - model->fit->fitted[i];
        if (fabs(residuals[i]) > fabs(residuals[largest]))
            largest = i;
    }
    plot_series(plot, MARK_POINT, "row", design->n, model->fit->fitted, residuals);
    plot_reference(plot, false, 0, NULL);
    plot_statement(plot, "%zu rows; standard deviation of the residuals %s; the largest, %s, is row %zu of the data", design->n,
                   number_text(buffers[0], sample_sd(residuals, design->n), 4), number_text(buffers[1], residuals[largest], 4),
                   design->row[largest] + 1);
    return true;
}

const struct plot_kind_entry plot_fitted = {
    .name = "fitted",
    .usage = "fitted [MODEL]",
    .brief = "observed against fitted values",
    .build = build_fitted,
};

const struct plot_kind_entry plot_residuals = {
    .name = "residuals",
    .usage = "residuals [MODEL]",
    .brief = "residuals against fitted values",
    .build = build_residuals,
};
