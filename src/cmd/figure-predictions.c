/* figure-predictions.c -- the numbers of `predict`, `fitted`, `residuals`, `ladder` and `icc` explained; see figure-shown.h. */
#include <math.h>
#include <string.h>

#include "cmd/figure-shown.h"
#include "lang/command.h"
#include "result/result.h"
#include "infer/icc.h"
#include "infer/marginal.h"

/* --- predictions -------------------------------------------------------------------------------------------------- */

/* The design's row that stands in this row of the table, where the figure is a value of the fit itself; n where it is not. */
static size_t fitted_row(const struct figure *f)
{
    const struct design *design = f->fit->design;
    double row = shown_is(f, DERIVED_OF_DATA) ? shown_beside(f, "row") : 0;

    for (size_t i = 0; i < design->n; i++)
        if ((double)design->row[i] + 1 == row)
            return i;
    return design->n;
}

/* What is predicted is zi='s or disp='s. */
static bool beside_the_mean(const struct figure *f, struct text *formula)
{
    const char *type = shown_said(f->part, "type");

    if (strcmp(type, "zero") != 0 && strcmp(type, "dispersion") != 0)
        return false;
    text_add(formula, strcmp(type, "zero") == 0 ? "1/(1 + exp(-δ)), δ the linear predictor of zi="
                                                : "exp(δ), δ the linear predictor of disp=");
    return true;
}

/* The mean has zeros of its own, unless type=conditional. */
static bool has_zeros(const struct figure *f)
{
    return f->fit->family->inflated != NULL
           && (shown_how(f) != DERIVED_PREDICTION || strcmp(shown_said(f->part, "type"), "conditional") != 0);
}

/* The mean is not what the link alone makes of the linear predictor. */
static bool is_curved(const struct figure *f)
{
    return f->fit->mean_link != f->fit->link || has_zeros(f);
}

/* Such a mean, over the random effects or at some. */
static void add_curved(const struct figure *f, bool over, const char *eta, struct text *formula)
{
    bool link_scale = shown_how(f) == DERIVED_PREDICTION && strcmp(shown_said(f->part, "type"), "link") == 0;

    text_addf(formula, "%s%s%s%s(%s)%s", link_scale ? "g(" : "", over ? "E " : "", has_zeros(f) && !link_scale ? "(1 - π) " : "",
              f->fit->mean_link != f->fit->link ? "m" : "h", eta, link_scale ? ")" : "");
}

void explain_prediction(const struct figures *figures, const struct figure *f, struct explanation *out)
{
    bool predicted = shown_how(f) == DERIVED_PREDICTION, linear = predicted && strcmp(shown_said(f->part, "type"), "link") == 0;
    const char *effects = predicted ? shown_said(f->part, "re") : "conditional";
    bool population = strcmp(effects, "population") == 0, conditional = strcmp(effects, "conditional") == 0;
    const struct link *link = shown_link(f);
    size_t i = population ? f->fit->design->n : fitted_row(f);
    const char *eta_formula = conditional ? "x'β + z'b" : "x'β";
    struct numbers n = { .used = 0 };
    struct text inner = { 0 };
    double eta, variance;

    (void)figures;
    if (predicted && beside_the_mean(f, &out->formula)) {
        text_add(&out->convention,
                 population ? "over its random effects, by integration" : "a predictor beside that of the mean");
        return;
    }
    if (population && (link != NULL || is_curved(f))) {
        add_curved(f, true, "x'β + z'b", &out->formula);
        text_add(&out->convention, "the mean over the random effects, by integration over their normal distribution");
        return;
    }
    if (!linear && is_curved(f)) {
        add_curved(f, false, eta_formula, &out->formula);
        text_add(&out->convention, conditional ? "conditional modes in all predictors" : "the random effects are 0");
        return;
    }
    add_mean_formula(&out->formula, linear ? NULL : link, eta_formula);
    if (conditional && i < f->fit->design->n && shown_row(f->fit, i, &eta, &variance)) {
        text_addf(&inner, "%s + ", show_term(&n, eta, f->fit->linear[i]));
        add_bracketed(&inner, f->fit->linear[i] - eta, f->fit->linear[i]);
    } else if (!linear && link != NULL) {
        text_add(&inner, show(&n, link_transform(link, f->value)));
    }
    if (inner.length > 0)
        add_mean(&out->numbers, linear ? NULL : link, text_string(&inner));
    text_add(&out->convention,
             conditional && f->fit->design->random_count > 0
                 ? "fixed part and conditional modes of the row's groups, the parameters held at their estimates"
                 : "the fixed part alone: the random effects are 0");
    if (f->fit->design->offset != NULL)
        text_add(&out->convention, "; the offset is in the fixed part");
    text_clear(&inner);
}

void explain_prediction_end(const struct figures *figures, const struct figure *f, struct explanation *out)
{
    shown_interval(f, shown_beside(f, "estimate"), shown_beside(f, "se"), figures->level, out);
}

void explain_prediction_se(const struct figures *figures, const struct figure *f, struct explanation *out)
{
    struct numbers n = { .used = 0 };

    (void)figures;
    text_add(&out->formula, "√(d'Cd)");
    text_addf(&out->numbers, "√(%s)", show(&n, f->value * f->value));
    text_addf(&out->convention, "of the mean of the row, not of an observation; d: its slopes, C: the covariance matrix of %s",
              strcmp(shown_said(f->part, "re"), "conditional") == 0
                  ? "coefficients and conditional modes, the variances held at their estimates"
              : strcmp(shown_said(f->part, "re"), "population") == 0 && f->fit->joint_count > 0
                  ? "coefficients and covariance parameters"
                  : "the coefficients");
}

void explain_response(const struct figures *figures, const struct figure *f, struct explanation *out)
{
    (void)figures;
    text_addf(&out->formula, "%s in the data", f->fit->design->response);
    text_add(&out->convention,
             f->fit->family->response == RESPONSE_BINOMIAL ? "as a proportion of the trials" : "as the model takes it");
}

void explain_residual(const struct figures *figures, const struct figure *f, struct explanation *out)
{
    const char *type = shown_said(f->part, "type");
    double response = shown_beside(f, "response"), fitted = shown_beside(f, "fitted"), difference = response - fitted;
    struct numbers n = { .used = 0 };

    (void)figures;
    if (strcmp(type, "deviance") == 0) {
        text_add(&out->formula, "sign(response - fitted)·√(2·(saturated - fitted log density))");
        text_add(&out->convention, "deviance residual: its square is the row's part of the deviance, the random effects given");
        return;
    }
    if (strcmp(type, "pearson") == 0 && f->value != 0) {
        text_add(&out->formula, "(response - fitted)/√(variance of the response)");
        text_addf(&out->numbers, "(%s - ", show_term(&n, response, difference));
        add_bracketed(&out->numbers, fitted, difference);
        text_addf(&out->numbers, ")/√(%s)", show(&n, difference * difference / (f->value * f->value)));
        text_add(&out->convention, "Pearson residual, the random effects given");
        return;
    }
    text_add(&out->formula, "response - fitted");
    text_addf(&out->numbers, "%s - ", show_term(&n, response, f->value));
    add_bracketed(&out->numbers, fitted, f->value);
    text_add(&out->convention, "conditional: fitted includes the random effects");
}

/* --- ladder and icc -------------------------------------------------------------------------------------------- */

void explain_rung(const struct figures *figures, const struct figure *f, struct explanation *out)
{
    enum derived how = shown_how(f);
    unsigned nodes = f->table->columns[f->column].derived;

    (void)figures;
    if (how == DERIVED_RUNG_SE) {
        text_add(&out->formula, "√(diagonal of the inverse of the observed information)");
        text_add(&out->convention, "at the last rung");
        return;
    }
    if (how == DERIVED_RUNG_LOGLIK)
        text_addf(&out->formula, "log Σ over %.0f nodes a random effect, at the maximum", shown_beside(f, "nodes"));
    else
        text_addf(&out->formula, "the maximum of the likelihood with %u node%s", nodes,
                  nodes == 1 ? ": Laplace's approximation" : "s");
    text_add(&out->convention, "adaptive Gauss-Hermite quadrature, centred and scaled at each group's mode");
}

/* The estimate that moved most between two columns, and by how much in standard errors. */
static size_t furthest(const struct table *estimates, size_t from, size_t to, double *moved)
{
    size_t worst = 0;

    *moved = -1;
    for (size_t j = 0; j < estimates->row_count; j++) {
        double distance = fabs(shown_number(estimates, j, to, false) - shown_number(estimates, j, from, false))
                          / shown_number_at(estimates, j, "se");

        if (distance > *moved) {
            *moved = distance;
            worst = j;
        }
    }
    return worst;
}

void explain_move(const struct figures *figures, const struct figure *f, struct explanation *out)
{
    const struct table *estimates = shown_derived(f->part, DERIVED_RUNG);
    bool drift = shown_how(f) == DERIVED_DRIFT;
    size_t last = f->table->row_count - 1, from = drift ? last : f->row - 1, worst;
    struct numbers n = { .used = 0 };
    double moved, difference;

    (void)figures;
    text_addf(&out->formula, "the largest |estimate here - estimate %s| / se", drift ? "at the last rung" : "one rung before");
    /* The errors of the rungs before the last stand nowhere. */
    if (estimates != NULL && from <= last && (drift || f->row == last)) {
        worst = furthest(estimates, 1 + from, 1 + f->row, &moved);
        if (moved > 0) {
            difference = shown_number(estimates, worst, 1 + f->row, false) - shown_number(estimates, worst, 1 + from, false);
            text_addf(&out->numbers, "|%s - ", show_term(&n, shown_number(estimates, worst, 1 + f->row, false), difference));
            add_bracketed(&out->numbers, shown_number(estimates, worst, 1 + from, false), difference);
            text_addf(&out->numbers, "|/%s", show(&n, shown_number_at(estimates, worst, "se")));
            text_addf(&out->convention, "it is that of %s; ", shown_text_at(estimates, worst, "parameter"));
        }
    }
    text_add(&out->convention,
             drift || f->row == last ? "se: the standard error at the last rung" : "se: the standard error at this rung");
}

void explain_group_size(const struct figures *figures, const struct figure *f, struct explanation *out)
{
    const struct design *design = f->fit->design;
    double squares = 0, size;
    const char *one = design_counted(design);

    (void)figures;
    for (int t = 0; t < design->random_count; t++)
        if (is_first_of_group(design, t) && strcmp(design->random[t].group, shown_text_at(f->table, f->row, "group")) == 0)
            squares = icc_squares(f->fit, t);
    out->numbers.failed = out->numbers.failed || isnan(squares);
    size = design_trials(design);
    text_addf(&out->formula, "sum n² / sum n, n the %s of a level", one);
    text_addf(&out->numbers, "%.0f/%.0f", squares, size);
    text_addf(&out->convention, "the mean size of the group that one of the %s is in", one);
}

void explain_group_variance(const struct figures *figures, const struct figure *f, struct explanation *out)
{
    const struct design *design = f->fit->design;
    struct numbers n = { .used = 0 };
    int terms = 0, last = 0;

    (void)figures;
    for (int t = 0; t < design->random_count; t++)
        if (strcmp(design->random[t].group, shown_text_at(f->table, f->row, "group")) == 0) {
            terms++;
            last = t;
        }
    text_addf(&out->formula, "the mean of z'·Σ·z over the %s", design_counted(design));
    if (terms == 1 && design->random[last].related != NULL)
        text_add(&out->formula, ", times what a row's level has with itself in K");
    if (terms == 1 && design->random[last].k == 1 && design->random[last].z == NULL) {
        text_addf(&out->numbers, "%s²", show(&n, f->fit->random[last].sd[0]));
        if (design->random[last].related != NULL)
            text_addf(&out->numbers, "·%s", show(&n, icc_related(f->fit, last)));
    }
    text_add(&out->convention, "all random effects of the group together, with their correlations (Johnson 2014)");
}
