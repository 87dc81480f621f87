/* figure-shown.c -- figures that stand in the tables of a result and nowhere in the fit: averaged effects, standardized means,
 * predictions, the courses of whatif, the rungs of a ladder, ranks.  A row of `entries` says for each column what it is; see figures.h.
 *
 * The values put in are taken from the table itself and from the fit.  Where a number may have come about in one of two ways (an interval
 * on the scale of the link, or of the response) the one that comes to the printed value is shown, or none. */
#include <Rmath.h>

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "cmd/figure-numbers.h"
#include "cmd/figures.h"
#include "cmd/modelling.h"
#include "infer/ci.h"
#include "infer/marginal.h"
#include "infer/own.h"

/* Where a table is found: by its key, or by these. */
#define PLOT_TABLE NULL                 /* the rows beside a plot */
#define LADDER_TABLE "Estimates"        /* by its title */

struct shown {
    const char *command, *table, *key;  /* key NULL: the columns of the rungs, `nodes5` */
    const char *name;
    void (*explain)(const struct figures *figures, const struct figure *f, struct explanation *out);
    bool share;
    enum { ALWAYS, OF_RANKS, OF_MEANS, OF_OTHER_INTERVALS } when;
};

/* --- reading tables ------------------------------------------------------------------------------------------ */

static const struct table *find_shown(const struct result *part, const char *name)
{
    for (const struct item *item = part->first; item != NULL; item = item->next) {
        if (item->kind == ITEM_PLOT && name == PLOT_TABLE && item->as.plot->rows != NULL)
            return item->as.plot->rows;
        if (item->kind == ITEM_TABLE && name != PLOT_TABLE
            && ((item->as.table->key != NULL && strcmp(item->as.table->key, name) == 0)
                || (item->as.table->key == NULL && item->as.table->title != NULL && strcmp(item->as.table->title, name) == 0)))
            return item->as.table;
    }
    return NULL;
}

/* The column with that key; *upper: it is the second of an interval.  column_count where there is none. */
static size_t find_column(const struct table *table, const char *key, bool *upper)
{
    size_t j = 0;

    *upper = false;
    for (; j < table->column_count; j++) {
        const struct table_column *column = &table->columns[j];

        *upper = column->kind == CELL_INTERVAL && column->key2 != NULL && strcmp(column->key2, key) == 0;
        if (*upper || (column->key != NULL && strcmp(column->key, key) == 0))
            break;
    }
    return j;
}

static double cell_number(const struct table *table, size_t row, size_t column, bool upper)
{
    const struct cell *cell = column < table->column_count ? table_cell(table, row, column) : NULL;

    if (cell == NULL || cell->state != CELL_SET)
        return (double)NAN;
    switch (table->columns[column].kind) {
    case CELL_INTEGER:
        return (double)cell->as.integer;
    case CELL_INTERVAL:
        return cell->as.pair[upper];
    case CELL_REAL:
    case CELL_P:
    case CELL_PERCENT:
        return cell->as.real;
    default:
        return (double)NAN;
    }
}

static double number_at(const struct table *table, size_t row, const char *key)
{
    bool upper;
    size_t column = find_column(table, key, &upper);

    return cell_number(table, row, column, upper);
}

static const char *text_at(const struct table *table, size_t row, const char *key)
{
    bool upper;
    size_t column = find_column(table, key, &upper);
    const struct cell *cell = column < table->column_count && table->columns[column].kind == CELL_TEXT ? table_cell(table, row, column) : NULL;

    return cell == NULL || cell->state != CELL_SET ? "" : cell->as.text;
}

/* Another number of the figure's own row. */
static double beside(const struct figure *f, const char *key)
{
    return number_at(f->table, f->row, key);
}

static const char *said(const struct result *part, const char *key)
{
    for (const struct item *item = part->first; item != NULL; item = item->next)
        if (item->kind == ITEM_VALUE && item->key != NULL && strcmp(item->key, key) == 0 && item->as.value != NULL
            && item->as.value->type == VALUE_STRING)
            return item->as.value->as.string;
    return "";
}

/* --- what several share -------------------------------------------------------------------------------------- */

static bool comes_to(double x, double y)
{
    return fabs(x - y) <= 1e-6 * (fabs(x) + fabs(y)) + 1e-12;
}

static const struct link *link_of(const struct figure *f)
{
    const struct link *link = f->fit->link;

    return link == NULL || strcmp(link->name, "identity") == 0 ? NULL : link;
}

static bool is_exact(const struct figure *f)
{
    return f->fit->family == NULL || (strcmp(f->fit->family->name, "gaussian") == 0 && link_of(f) == NULL);
}

/* dmu/deta at eta. */
static double slope_at(const struct link *link, double eta)
{
    struct average at;

    typical_at(link, eta, &at);
    return fabs(at.slope);
}

/* The fixed part of the linear predictor, and the variance of the random part, in row i of the design. */
static bool row_parts(const struct fit *fit, size_t i, double *eta, double *variance)
{
    const double **z = NEW_ARRAY(const double *, fit->design->random_count + 1);
    struct marginal_rows rows;

    if (z == NULL)
        return false;
    rows = rows_of_design(fit->design, z);
    *eta = rows_eta(fit, &rows, i);
    *variance = rows_variance(fit, &rows, i);
    mem_free(z);
    return true;
}

/* `estimate -+ q se`, on the scale of the response, or of the link and brought back. */
static void explain_end_of(const struct figure *f, double estimate, double se, bool may_be_link, double level, struct explanation *out)
{
    const struct link *link = may_be_link ? link_of(f) : NULL;
    double eta = link == NULL ? estimate : link_transform(link, estimate), end = link == NULL ? f->value : link_transform(link, f->value);
    double eta_se = link == NULL ? se : se / slope_at(link, eta), q = fabs(end - eta) / eta_se;
    double wanted = wald_quantile((double)INFINITY, level);
    struct numbers n = { .used = 0 };
    struct text inner = { 0 };

    if (link != NULL && !(fabs(q - wanted) < 1e-3 * wanted) && fabs(fabs(f->value - estimate) / se - wanted) < 1e-3 * wanted) {
        link = NULL;
        eta = estimate;
        end = f->value;
        eta_se = se;
        q = fabs(end - eta) / se;
    }
    text_addf(&inner, "%s", link == NULL ? "estimate" : "g(estimate)");
    text_addf(&inner, " %s q·se%s", end < eta ? "-" : "+", link == NULL ? "" : "/h'");
    add_mean_formula(&out->formula, link, text_string(&inner));
    if (isfinite(q) && se > 0) {
        text_truncate(&inner, 0);
        text_addf(&inner, "%s %s %s·%s", show_term(&n, eta, end), end < eta ? "-" : "+", show_term(&n, q, end), show_term(&n, eta_se, end));
        add_mean(&out->numbers, link, text_string(&inner));
    }
    if (fabs(q - wanted) < 1e-3 * wanted)
        text_addf(&out->convention, "Wald interval, %g%%%s", 100 * level, link == NULL ? "" : ", made on the scale of the link and brought back");
    else
        text_addf(&out->convention, "Wald interval, q = %s%s", show(&n, q), link == NULL ? "" : ", made on the scale of the link and brought back");
    text_clear(&inner);
}

static void explain_delta(const struct figures *figures, const struct figure *f, struct explanation *out)
{
    struct numbers n = { .used = 0 };

    (void)figures;
    text_add(&out->formula, "√(d'Cd)");
    text_addf(&out->numbers, "√(%s)", show(&n, f->value * f->value));
    text_addf(&out->convention, "delta method: d are the slopes of the figure in the coefficients%s, C their covariance matrix",
              f->fit->joint_count > 0 && f->fit->theta_count > 0 ? " and the covariance parameters" : "");
}

/* --- attenuation ----------------------------------------------------------------------------------------------- */

/* The closed form of the link, where it has one: the rule, or what is exact.  False where there is none. */
static bool add_rule(const struct figure *f, struct explanation *out)
{
    static const double c = 16 * 1.7320508075688772 / (15 * 3.141592653589793);
    const char *rule = said(f->part, "rule");
    double conditional = beside(f, "conditional"), eta, v;
    bool intercept = f->fit->design->assign != NULL && f->fit->design->assign[f->row] < 0;
    struct numbers n = { .used = 0 };

    if (!row_parts(f->fit, 0, &eta, &v))
        return false;
    if (strcmp(rule, "logit") == 0) {
        text_add(&out->formula, "conditional/√(1 + c²·v), c = 16√3/(15π)");
        text_addf(&out->numbers, "%s/√(1 + %s·%s)", show(&n, conditional), show(&n, c * c), show(&n, v));
    } else if (strcmp(rule, "probit") == 0) {
        text_add(&out->formula, "conditional/√(1 + v)");
        text_addf(&out->numbers, "%s/√(1 + %s)", show(&n, conditional), show(&n, v));
    } else if (strcmp(rule, "log") == 0 && intercept) {
        text_add(&out->formula, "conditional + v/2");
        text_addf(&out->numbers, "%s + %s/2", show_term(&n, conditional, f->value), show_term(&n, v, f->value));
    } else if (strcmp(rule, "log") == 0 || strcmp(rule, "identity") == 0) {
        text_add(&out->formula, "conditional");
        text_addf(&out->numbers, "%s", show(&n, conditional));
    } else {
        return false;
    }
    return true;
}

static void explain_rule(const struct figures *figures, const struct figure *f, struct explanation *out)
{
    (void)figures;
    if (!add_rule(f, out))
        text_add(&out->formula, "a closed form");
    text_addf(&out->convention, strcmp(said(f->part, "rule"), "logit") == 0
                                    ? "near, for a logit; v: the variance of the random part (Zeger, Liang and Albert 1988)"
                                    : "exact for this link; v: the variance of the random part");
}

static void explain_marginal(const struct figures *figures, const struct figure *f, struct explanation *out)
{
    (void)figures;
    if (comes_to(beside(f, "rule"), f->value) && add_rule(f, out)) {
        text_add(&out->convention, link_of(f) == NULL ? "the average of lines with one slope has that slope"
                                                      : "exact for this link; v: the variance of the random part");
        return;
    }
    text_addf(&out->formula, "(X'X)⁻¹ X'%s, m = E h(x'β + z'b) in each row", f->fit->design->offset == NULL ? "g(m)" : "(g(m) - offset)");
    text_add(&out->convention, "the population's means, integrated over the random effects, projected on the terms by least squares on the scale "
                               "of the link (Heagerty and Zeger 2000)");
}

static void explain_marginal_ratio(const struct figures *figures, const struct figure *f, struct explanation *out)
{
    struct numbers n = { .used = 0 };

    (void)figures;
    text_add(&out->formula, "marginal / conditional");
    text_addf(&out->numbers, "%s/", show(&n, beside(f, "marginal")));
    add_bracketed(&out->numbers, beside(f, "conditional"), 0);
    text_add(&out->convention, "below 1: averaging over the groups has attenuated the effect");
}

static void explain_naive(const struct figures *figures, const struct figure *f, struct explanation *out)
{
    (void)figures;
    text_add(&out->formula, "the maximum of the likelihood without the random terms");
    if (strcmp(f->entry->key, "naive_se") == 0)
        text_add(&out->convention, "its standard error, which takes the rows for independent");
    else
        text_add(&out->convention, "the model fitted as if rows of one group were as different as any");
}

/* --- margins ---------------------------------------------------------------------------------------------------- */

/* Whether the column is of the typical group. */
static bool is_typical(const struct figure *f)
{
    return strncmp(f->entry->key, "typical", 7) == 0;
}

static void explain_margin(const struct figures *figures, const struct figure *f, struct explanation *out)
{
    size_t n = f->fit->design->n;
    struct numbers numbers = { .used = 0 };

    (void)figures;
    text_addf(&out->formula, is_typical(f) || link_of(f) == NULL ? "Σ %s / n, x with %s = %s" : "Σ E %s / n, x with %s = %s",
              link_of(f) == NULL ? "x'β" : is_typical(f) ? "h(x'β)" : "h(x'β + z'b)", said(f->part, "variable"), text_at(f->table, f->row, "level"));
    text_addf(&out->numbers, "%s/%zu", show(&numbers, f->value * (double)n), n);
    text_addf(&out->convention, "standardization: the mean of all rows, had each this value%s",
              link_of(f) == NULL ? "" : is_typical(f) ? "; random effects 0" : "; E is the integral over the random effects");
}

static void explain_margin_end(const struct figures *figures, const struct figure *f, struct explanation *out)
{
    bool typical = is_typical(f);

    explain_end_of(f, beside(f, typical ? "typical" : "estimate"), beside(f, typical ? "typical_se" : "se"), true, figures->level, out);
}

/* The mean of one side of the contrast. */
static double margin_of(const struct figure *f, const char *side)
{
    const struct table *rows = find_shown(f->part, "rows");
    const char *level = text_at(f->table, f->row, side);

    for (size_t i = 0; rows != NULL && i < rows->row_count; i++)
        if (strcmp(text_at(rows, i, "level"), level) == 0)
            return number_at(rows, i, is_typical(f) ? "typical" : "estimate");
    return (double)NAN;
}

static void explain_contrast(const struct figures *figures, const struct figure *f, struct explanation *out)
{
    double from = margin_of(f, "from"), to = margin_of(f, "to");
    const char *key = f->entry->key + (is_typical(f) ? 8 : 0);
    struct numbers n = { .used = 0 };

    (void)figures;
    if (strcmp(key, "difference") == 0) {
        text_add(&out->formula, "mean after - mean before");
        text_addf(&out->numbers, "%s - ", show_term(&n, to, f->value));
        add_bracketed(&out->numbers, from, f->value);
    } else if (strcmp(key, "ratio") == 0) {
        text_add(&out->formula, "mean after / mean before");
        text_addf(&out->numbers, "%s/%s", show(&n, to), show(&n, from));
    } else {
        text_add(&out->formula, "odds after / odds before, odds = p/(1 - p)");
        text_addf(&out->numbers, "(%s/(1 - %s))/(%s/(1 - %s))", show(&n, to), show(&n, to), show(&n, from), show(&n, from));
    }
    text_addf(&out->convention, "of the %s means, before: %s, after: %s", is_typical(f) ? "typical group's" : "population's",
              text_at(f->table, f->row, "from"), text_at(f->table, f->row, "to"));
}

static void explain_contrast_end(const struct figures *figures, const struct figure *f, struct explanation *out)
{
    double ratio = beside(f, "ratio");
    struct numbers n = { .used = 0 };

    if (strncmp(f->entry->key, "ratio", 5) != 0) {
        explain_end_of(f, beside(f, "difference"), beside(f, "se"), false, figures->level, out);
        return;
    }
    text_addf(&out->formula, "ratio·exp(%sq·se of its logarithm)", f->value < ratio ? "-" : "");
    text_addf(&out->numbers, "%s·exp(%s)", show(&n, ratio), show(&n, log(f->value / ratio)));
    text_addf(&out->convention, "Wald interval, %g%%, made on the log scale", 100 * figures->level);
}

/* --- predictions -------------------------------------------------------------------------------------------------- */

/* The design's row that stands in this row of the table, where the figure is a value of the fit itself; n where it is not. */
static size_t fitted_row(const struct figure *f, bool linear)
{
    const struct design *design = f->fit->design;
    double row = beside(f, "row");

    for (size_t i = 0; i < design->n; i++)
        if ((double)design->row[i] + 1 == row && comes_to(linear ? f->fit->linear[i] : f->fit->fitted[i], f->value))
            return i;
    return design->n;
}

static void explain_prediction(const struct figures *figures, const struct figure *f, struct explanation *out)
{
    bool predicted = strcmp(f->entry->command, "predict") == 0, linear = predicted && strcmp(said(f->part, "type"), "link") == 0;
    const char *effects = predicted ? said(f->part, "re") : "conditional";
    bool population = strcmp(effects, "population") == 0, conditional = strcmp(effects, "conditional") == 0;
    const struct link *link = link_of(f);
    size_t i = population ? f->fit->design->n : fitted_row(f, linear);
    const char *eta_formula = conditional ? "x'β + z'b" : "x'β";
    struct numbers n = { .used = 0 };
    struct text inner = { 0 };
    double eta, variance;

    (void)figures;
    if (population && link != NULL) {
        text_add(&out->formula, linear ? "g(E h(x'β + z'b))" : "E h(x'β + z'b)");
        text_add(&out->convention, "the mean over the random effects, by integration over their normal distribution");
        return;
    }
    add_mean_formula(&out->formula, linear ? NULL : link, eta_formula);
    if (conditional && i < f->fit->design->n && row_parts(f->fit, i, &eta, &variance)) {
        text_addf(&inner, "%s + ", show_term(&n, eta, f->fit->linear[i]));
        add_bracketed(&inner, f->fit->linear[i] - eta, f->fit->linear[i]);
    } else if (!linear && link != NULL) {
        text_add(&inner, show(&n, link_transform(link, f->value)));
    }
    if (inner.length > 0)
        add_mean(&out->numbers, linear ? NULL : link, text_string(&inner));
    text_add(&out->convention, conditional && f->fit->design->random_count > 0
                                   ? "fixed part and conditional modes of the row's groups, the parameters held at their estimates"
                                   : "the fixed part alone: the random effects are 0");
    if (f->fit->design->offset != NULL)
        text_add(&out->convention, "; the offset is in the fixed part");
    text_clear(&inner);
}

static void explain_prediction_end(const struct figures *figures, const struct figure *f, struct explanation *out)
{
    explain_end_of(f, beside(f, "estimate"), beside(f, "se"), strcmp(said(f->part, "type"), "link") != 0, figures->level, out);
}

static void explain_prediction_se(const struct figures *figures, const struct figure *f, struct explanation *out)
{
    struct numbers n = { .used = 0 };

    (void)figures;
    text_add(&out->formula, "√(d'Cd)");
    text_addf(&out->numbers, "√(%s)", show(&n, f->value * f->value));
    text_addf(&out->convention, "of the mean of the row, not of an observation; d: its slopes, C: the covariance matrix of %s",
              strcmp(said(f->part, "re"), "conditional") == 0  ? "coefficients and conditional modes, the variances held at their estimates"
              : strcmp(said(f->part, "re"), "population") == 0 && f->fit->joint_count > 0 ? "coefficients and covariance parameters"
                                                                                          : "the coefficients");
}

static void explain_response(const struct figures *figures, const struct figure *f, struct explanation *out)
{
    (void)figures;
    text_addf(&out->formula, "%s in the data", f->fit->design->response);
    text_add(&out->convention, f->fit->family != NULL && f->fit->family->response == RESPONSE_BINOMIAL ? "as a proportion of the trials"
                                                                                                       : "as the model takes it");
}

static void explain_residual(const struct figures *figures, const struct figure *f, struct explanation *out)
{
    const char *type = said(f->part, "type");
    double response = beside(f, "response"), fitted = beside(f, "fitted"), difference = response - fitted;
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

/* --- what if ----------------------------------------------------------------------------------------------------- */

/* The random term of the level asked about, by the effect of the row. */
static const struct random_fit *term_of(const struct figure *f)
{
    const struct design *design = f->fit->design;
    const char *group = said(f->part, "group"), *term = text_at(f->table, f->row, "term");

    for (int t = 0; t < design->random_count; t++)
        for (int a = 0; strcmp(design->random[t].group, group) == 0 && a < design->random[t].k; a++)
            if (strcmp(design->random[t].names[a], term) == 0)
                return &f->fit->random[t];
    return NULL;
}

static void explain_whatif(const struct figures *figures, const struct figure *f, struct explanation *out)
{
    double overall = beside(f, "complete"), kept = beside(f, "weight"), raw = beside(f, "raw");
    struct numbers n = { .used = 0 };

    (void)figures;
    if (is_exact(f) && isfinite(kept) && isfinite(raw)) {
        text_add(&out->formula, "overall + kept·(raw - overall)");
        text_addf(&out->numbers, "%s + %s·(%s - ", show_term(&n, overall, f->value), show(&n, kept), show_term(&n, raw, f->value));
        add_bracketed(&out->numbers, overall, f->value);
        text_add(&out->numbers, ")");
    } else {
        text_add(&out->formula, "fixed coefficient + conditional mode");
        text_addf(&out->numbers, "%s + ", show_term(&n, overall, f->value));
        add_bracketed(&out->numbers, f->value - overall, f->value);
    }
    text_addf(&out->convention, "with %.0f rows like those that there are, the parameters held at their estimates", beside(f, "n"));
}

static void explain_whatif_kept(const struct figures *figures, const struct figure *f, struct explanation *out)
{
    const struct random_fit *random = term_of(f);
    double tau2 = random == NULL ? (double)NAN : random->covariance[0], variance = is_exact(f) ? f->fit->sigma * f->fit->sigma : 1;
    struct numbers n = { .used = 0 };
    const char *information, *tau, *one;

    (void)figures;
    text_addf(&out->formula, is_exact(f) ? "n·τ²/(n·τ² + σ²)" : "I·τ²/(I·τ² + 1)");
    if (tau2 > 0 && f->value < 1) {
        information = show(&n, f->value / (1 - f->value) * variance / tau2);
        tau = show(&n, tau2);
        one = show(&n, variance);
        text_addf(&out->numbers, "%s·%s/(%s·%s + %s)", information, tau, information, tau, one);
    }
    text_addf(&out->convention, is_exact(f) ? "n: the sum of w·z² over so many rows, less what other random effects take of it"
                                            : "I: the observed information of so many rows on the effect, at the mode");
}

static void explain_whatif_sd(const struct figures *figures, const struct figure *f, struct explanation *out)
{
    const struct random_fit *random = term_of(f);
    double kept = beside(f, "weight"), tau = random == NULL ? (double)NAN : sqrt(random->covariance[0]);
    struct numbers n = { .used = 0 };

    (void)figures;
    if (comes_to(tau * sqrt(1 - kept), f->value)) {
        text_add(&out->formula, "τ·√(1 - kept)");
        text_addf(&out->numbers, "%s·√(1 - %s)", show(&n, tau), show_term(&n, kept, 1 - kept));
    } else {
        text_add(&out->formula, "√(Var(b | y))");
        text_addf(&out->numbers, "√(%s)", show(&n, f->value * f->value));
    }
    text_add(&out->convention, "given so many rows, fixed effects and variances held at their estimates");
}

static void explain_whatif_end(const struct figures *figures, const struct figure *f, struct explanation *out)
{
    explain_end_of(f, beside(f, "estimate"), beside(f, "se"), false, figures->level, out);
}

static void explain_own(const struct figures *figures, const struct figure *f, struct explanation *out)
{
    (void)figures;
    text_add(&out->formula, "the estimate from the group's rows alone");
    text_addf(&out->convention, "%sthe rest of the model held at its estimate (no pooling)%s", link_of(f) != NULL && f->entry->when == OF_MEANS ? "as a mean; " : "",
              isfinite(f->value) ? "" : "; its rows are all at the edge of what is possible, so that it does not exist");
}

/* --- shrinkage ----------------------------------------------------------------------------------------------------- */

/* The level's figures on the scale of the link. */
static const struct shrinkage *link_scale(const struct figures *figures, const struct figure *f, int32_t *level)
{
    const char *group = said(f->part, "group"), *term = said(f->part, "term"), *name = text_at(f->table, f->row, "level");

    for (int i = 0; i < figures->shrinkage_count; i++) {
        const struct shrinkage *s = figures->shrinkage[i];

        if (strcmp(s->group, group) != 0 || strcmp(s->term, term) != 0)
            continue;
        for (*level = 0; *level < s->count; ++*level)
            if (strcmp(s->level[*level], name) == 0)
                return s;
    }
    return NULL;
}

static void explain_mean(const struct figures *figures, const struct figure *f, struct explanation *out)
{
    struct numbers n = { .used = 0 };
    int32_t level;
    const struct shrinkage *s = link_scale(figures, f, &level);

    add_mean_formula(&out->formula, link_of(f), "fixed coefficient + conditional mode");
    if (s != NULL)
        add_mean(&out->numbers, link_of(f), show(&n, s->pooled[level]));
    text_add(&out->convention, "the BLUP on the scale of the link, as a mean; the other predictors at 0 or at their reference");
}

/* The ends of means, and of intervals to compare; these go by way of the link too. */
static void explain_mean_end(const struct figures *figures, const struct figure *f, struct explanation *out)
{
    int32_t level;
    const struct shrinkage *s = link_scale(figures, f, &level);
    bool means = shown_replaces(figures, FIGURE_BLUP);
    const struct link *link = means ? link_of(f) : NULL;
    struct numbers n = { .used = 0 };
    struct text inner = { 0 };
    double end, q;

    if (s == NULL) {
        text_add(&out->formula, "BLUP and interval on the scale of the link, as means");
        return;
    }
    end = link == NULL ? f->value : link_transform(link, f->value);
    q = fabs(end - s->pooled[level]) / s->se[level];
    text_addf(&inner, "BLUP %s q·conditional SD", end < s->pooled[level] ? "-" : "+");
    add_mean_formula(&out->formula, link, text_string(&inner));
    if (isfinite(q)) {
        text_truncate(&inner, 0);
        text_addf(&inner, "%s %s %s·%s", show_term(&n, s->pooled[level], end), end < s->pooled[level] ? "-" : "+", show_term(&n, q, end),
                  show_term(&n, s->se[level], end));
        add_mean(&out->numbers, link, text_string(&inner));
    }
    if (fabs(q - wald_quantile((double)INFINITY, figures->level)) < 1e-3)
        text_addf(&out->convention, "%g%%, normal; the parameters held at their estimates", 100 * figures->level);
    else
        text_addf(&out->convention, "to compare: q is such that intervals of two alike overlap %g%% of the time, on average (Goldstein and Healy 1995)",
                  100 * figures->level);
    text_clear(&inner);
}

static void explain_rank(const struct figures *figures, const struct figure *f, struct explanation *out)
{
    bool raw = strcmp(f->entry->key, "rank_raw") == 0;

    (void)figures;
    text_addf(&out->formula, "1 + levels with a smaller %s", raw ? "own estimate" : "BLUP");
    text_addf(&out->numbers, "1 + %.0f", f->value - 1);
    text_addf(&out->convention, "from the smallest, of %zu; ties share the lowest", f->table->row_count);
}

static void explain_rank_end(const struct figures *figures, const struct figure *f, struct explanation *out)
{
    double tail = (1 - figures->level) / 2;

    text_addf(&out->formula, "the %g quantile of the level's rank over %d draws", strcmp(f->entry->key, "rank_lower") == 0 ? tail : 1 - tail,
              (int)RANK_DRAWS);
    text_add(&out->convention, "each draw takes every level from its conditional distribution, N(BLUP, conditional SD²), and ranks them");
}

static void explain_first(const struct figures *figures, const struct figure *f, struct explanation *out)
{
    bool lowest = strcmp(f->entry->key, "p_lowest") == 0;

    (void)figures;
    text_addf(&out->formula, "draws in which it is the %s of all / draws", lowest ? "lowest" : "highest");
    text_addf(&out->numbers, "%.0f/%d", f->value * RANK_DRAWS, (int)RANK_DRAWS);
    text_add(&out->convention, "each draw takes every level from its conditional distribution; set seed N takes other draws");
}

/* --- ladder and icc -------------------------------------------------------------------------------------------- */

static void explain_rung(const struct figures *figures, const struct figure *f, struct explanation *out)
{
    const char *key = f->table->columns[f->column].key;

    (void)figures;
    if (strcmp(key, "se") == 0) {
        text_add(&out->formula, "√(diagonal of the inverse of the observed information)");
        text_add(&out->convention, "at the last rung");
        return;
    }
    if (strcmp(key, "loglik") == 0)
        text_addf(&out->formula, "log Σ over %.0f nodes a random effect, at the maximum", beside(f, "nodes"));
    else
        text_addf(&out->formula, "the maximum of the likelihood with %s node%s", key + 5, strcmp(key + 5, "1") == 0 ? ": Laplace's approximation" : "s");
    text_add(&out->convention, "adaptive Gauss-Hermite quadrature, centred and scaled at each group's mode");
}

/* The estimate that moved most between two columns, and by how much in standard errors. */
static size_t furthest(const struct table *estimates, size_t from, size_t to, double *moved)
{
    size_t worst = 0;

    *moved = -1;
    for (size_t j = 0; j < estimates->row_count; j++) {
        double distance = fabs(cell_number(estimates, j, to, false) - cell_number(estimates, j, from, false)) / number_at(estimates, j, "se");

        if (distance > *moved) {
            *moved = distance;
            worst = j;
        }
    }
    return worst;
}

static void explain_move(const struct figures *figures, const struct figure *f, struct explanation *out)
{
    const struct table *estimates = find_shown(f->part, LADDER_TABLE);
    bool drift = strcmp(f->entry->key, "drift") == 0;
    size_t last = f->table->row_count - 1, from = drift ? last : f->row - 1, worst;
    struct numbers n = { .used = 0 };
    double moved, difference;

    (void)figures;
    text_addf(&out->formula, "the largest |estimate here - estimate %s| / se", drift ? "at the last rung" : "one rung before");
    if (estimates != NULL && from <= last) {
        worst = furthest(estimates, 1 + from, 1 + f->row, &moved);
        if (comes_to(moved, f->value) && moved > 0) {
            difference = cell_number(estimates, worst, 1 + f->row, false) - cell_number(estimates, worst, 1 + from, false);
            text_addf(&out->numbers, "|%s - ", show_term(&n, cell_number(estimates, worst, 1 + f->row, false), difference));
            add_bracketed(&out->numbers, cell_number(estimates, worst, 1 + from, false), difference);
            text_addf(&out->numbers, "|/%s", show(&n, number_at(estimates, worst, "se")));
            text_addf(&out->convention, "it is that of %s; ", text_at(estimates, worst, "parameter"));
        }
    }
    text_add(&out->convention, "se: the standard error at the last rung");
}

static void explain_group_size(const struct figures *figures, const struct figure *f, struct explanation *out)
{
    const struct design *design = f->fit->design;
    double squares = 0;

    (void)figures;
    for (int t = 0; t < design->random_count; t++)
        if (is_first_of_group(design, t) && strcmp(design->random[t].group, text_at(f->table, f->row, "group")) == 0)
            for (int32_t l = 0; l < design->random[t].level_count; l++)
                squares += design->random[t].rows_of_level[l] * design->random[t].rows_of_level[l];
    text_add(&out->formula, "Σ n² / Σ n, n the rows of a level");
    text_addf(&out->numbers, "%.0f/%zu", squares, design->n);
    text_add(&out->convention, "the mean size of the group that a row is in");
}

static void explain_group_variance(const struct figures *figures, const struct figure *f, struct explanation *out)
{
    const struct design *design = f->fit->design;
    struct numbers n = { .used = 0 };
    int terms = 0, last = 0;

    (void)figures;
    for (int t = 0; t < design->random_count; t++)
        if (strcmp(design->random[t].group, text_at(f->table, f->row, "group")) == 0) {
            terms++;
            last = t;
        }
    text_add(&out->formula, "the mean of z'Σz over the rows");
    if (terms == 1 && design->random[last].k == 1 && design->random[last].z == NULL)
        text_addf(&out->numbers, "%s²", show(&n, f->fit->random[last].sd[0]));
    text_add(&out->convention, "all random effects of the group together, with their correlations (Johnson 2014)");
}

/* --- the table of tables ------------------------------------------------------------------------------------------ */

static const struct shown entries[] = {
    { .command = "attenuation", .table = "coefficients", .key = "marginal", .name = "marginal", .explain = explain_marginal },
    { .command = "attenuation", .table = "coefficients", .key = "marginal_se", .name = "marginal-se", .explain = explain_delta },
    { .command = "attenuation", .table = "coefficients", .key = "ratio", .name = "ratio", .explain = explain_marginal_ratio },
    { .command = "attenuation", .table = "coefficients", .key = "rule", .name = "rule", .explain = explain_rule },
    { .command = "attenuation", .table = "coefficients", .key = "naive", .name = "naive", .explain = explain_naive },
    { .command = "attenuation", .table = "coefficients", .key = "naive_se", .name = "naive-se", .explain = explain_naive },
    { .command = "margins", .table = "rows", .key = "estimate", .name = "population", .explain = explain_margin },
    { .command = "margins", .table = "rows", .key = "se", .name = "se", .explain = explain_delta },
    { .command = "margins", .table = "rows", .key = "lower", .name = "lower", .explain = explain_margin_end },
    { .command = "margins", .table = "rows", .key = "upper", .name = "upper", .explain = explain_margin_end },
    { .command = "margins", .table = "rows", .key = "typical", .name = "typical", .explain = explain_margin },
    { .command = "margins", .table = "rows", .key = "typical_se", .name = "typical-se", .explain = explain_delta },
    { .command = "margins", .table = "rows", .key = "typical_lower", .name = "typical-lower", .explain = explain_margin_end },
    { .command = "margins", .table = "rows", .key = "typical_upper", .name = "typical-upper", .explain = explain_margin_end },
    { .command = "margins", .table = "contrasts", .key = "difference", .name = "difference", .explain = explain_contrast },
    { .command = "margins", .table = "contrasts", .key = "se", .name = "se", .explain = explain_delta },
    { .command = "margins", .table = "contrasts", .key = "lower", .name = "lower", .explain = explain_contrast_end },
    { .command = "margins", .table = "contrasts", .key = "upper", .name = "upper", .explain = explain_contrast_end },
    { .command = "margins", .table = "contrasts", .key = "ratio", .name = "ratio", .explain = explain_contrast },
    { .command = "margins", .table = "contrasts", .key = "ratio_lower", .name = "ratio-lower", .explain = explain_contrast_end },
    { .command = "margins", .table = "contrasts", .key = "ratio_upper", .name = "ratio-upper", .explain = explain_contrast_end },
    { .command = "margins", .table = "contrasts", .key = "odds_ratio", .name = "odds-ratio", .explain = explain_contrast },
    { .command = "margins", .table = "contrasts", .key = "typical_difference", .name = "typical-difference", .explain = explain_contrast },
    { .command = "margins", .table = "contrasts", .key = "typical_se", .name = "typical-se", .explain = explain_delta },
    { .command = "margins", .table = "contrasts", .key = "typical_ratio", .name = "typical-ratio", .explain = explain_contrast },
    { .command = "margins", .table = "contrasts", .key = "typical_odds_ratio", .name = "typical-odds-ratio", .explain = explain_contrast },
    { .command = "predict", .table = "rows", .key = "estimate", .name = "prediction", .explain = explain_prediction },
    { .command = "predict", .table = "rows", .key = "se", .name = "se", .explain = explain_prediction_se },
    { .command = "predict", .table = "rows", .key = "lower", .name = "lower", .explain = explain_prediction_end },
    { .command = "predict", .table = "rows", .key = "upper", .name = "upper", .explain = explain_prediction_end },
    { .command = "fitted", .table = "rows", .key = "fitted", .name = "fitted", .explain = explain_prediction },
    { .command = "fitted", .table = "rows", .key = "response", .name = "response", .explain = explain_response },
    { .command = "residuals", .table = "rows", .key = "residual", .name = "residual", .explain = explain_residual },
    { .command = "residuals", .table = "rows", .key = "fitted", .name = "fitted", .explain = explain_prediction },
    { .command = "residuals", .table = "rows", .key = "response", .name = "response", .explain = explain_response },
    { .command = "whatif", .table = "rows", .key = "estimate", .name = "BLUP", .explain = explain_whatif },
    { .command = "whatif", .table = "rows", .key = "se", .name = "cond.SD", .explain = explain_whatif_sd },
    { .command = "whatif", .table = "rows", .key = "lower", .name = "lower", .explain = explain_whatif_end },
    { .command = "whatif", .table = "rows", .key = "upper", .name = "upper", .explain = explain_whatif_end },
    { .command = "whatif", .table = "rows", .key = "weight", .name = "kept", .explain = explain_whatif_kept, .share = true },
    { .command = "whatif", .table = "rows", .key = "raw", .name = "raw", .explain = explain_own },
    { .command = "shrinkage", .table = "levels", .key = "rank_raw", .name = "rank-raw", .explain = explain_rank, .when = OF_RANKS },
    { .command = "shrinkage", .table = "levels", .key = "rank_pooled", .name = "rank-BLUP", .explain = explain_rank, .when = OF_RANKS },
    { .command = "shrinkage", .table = "levels", .key = "rank_lower", .name = "rank-lower", .explain = explain_rank_end, .when = OF_RANKS },
    { .command = "shrinkage", .table = "levels", .key = "rank_upper", .name = "rank-upper", .explain = explain_rank_end, .when = OF_RANKS },
    { .command = "shrinkage", .table = "levels", .key = "p_lowest", .name = "lowest", .explain = explain_first, .share = true, .when = OF_RANKS },
    { .command = "shrinkage", .table = "levels", .key = "p_highest", .name = "highest", .explain = explain_first, .share = true, .when = OF_RANKS },
    { .command = "shrinkage", .table = PLOT_TABLE, .key = "raw", .name = "raw", .explain = explain_own, .when = OF_MEANS },
    { .command = "shrinkage", .table = PLOT_TABLE, .key = "pooled", .name = "BLUP", .explain = explain_mean, .when = OF_MEANS },
    { .command = "shrinkage", .table = PLOT_TABLE, .key = "lower", .name = "lower", .explain = explain_mean_end, .when = OF_OTHER_INTERVALS },
    { .command = "shrinkage", .table = PLOT_TABLE, .key = "upper", .name = "upper", .explain = explain_mean_end, .when = OF_OTHER_INTERVALS },
    { .command = "ladder", .table = LADDER_TABLE, .name = "estimate", .explain = explain_rung },
    { .command = "ladder", .table = LADDER_TABLE, .key = "se", .name = "se", .explain = explain_rung },
    { .command = "ladder", .table = "rungs", .key = "loglik", .name = "logLik", .explain = explain_rung },
    { .command = "ladder", .table = "rungs", .key = "moved", .name = "moved", .explain = explain_move },
    { .command = "ladder", .table = "rungs", .key = "drift", .name = "drift", .explain = explain_move },
    { .command = "icc", .table = "rows", .key = "variance", .name = "variance", .explain = explain_group_variance },
    { .command = "icc", .table = "rows", .key = "size", .name = "rows", .explain = explain_group_size },
};

/* --- of a result ---------------------------------------------------------------------------------------------------- */

static bool has_ranks(const struct result *part)
{
    const struct table *levels = find_shown(part, "levels");
    bool upper;

    return levels != NULL && find_column(levels, "p_lowest", &upper) < levels->column_count;
}

/* Means instead of coefficients. */
static bool has_means(const struct result *part, const struct fit *fit)
{
    return fit->link != NULL && strcmp(fit->link->name, "identity") != 0 && strcmp(said(part, "scale"), fit->link->scale) != 0;
}

static bool has_other_intervals(const struct result *part, const struct fit *fit)
{
    const struct table *rows = find_shown(part, PLOT_TABLE);
    bool upper;
    size_t column = rows == NULL ? 0 : find_column(rows, "lower", &upper);

    return has_means(part, fit)
           || (rows != NULL && column < rows->column_count && rows->columns[column].heading != NULL
               && strcmp(rows->columns[column].heading, "to compare") == 0);
}

static bool is_there(const struct shown *entry, const struct result *part, const struct fit *fit)
{
    switch (entry->when) {
    case OF_RANKS:
        return has_ranks(part);
    case OF_MEANS:
        return has_means(part, fit);
    case OF_OTHER_INTERVALS:
        return !has_ranks(part) && has_other_intervals(part, fit);
    default:
        return true;
    }
}

bool shown_replaces(const struct figures *figures, enum figure_kind kind)
{
    const struct result *part = figures->subject;

    if (part == NULL || strcmp(part->command, "shrinkage") != 0)
        return false;
    return has_ranks(part) || (has_means(part, figures->model->fit) && kind != FIGURE_KEPT)
           || ((kind == FIGURE_BLUP_LOWER || kind == FIGURE_BLUP_UPPER) && has_other_intervals(part, figures->model->fit));
}

/* One column of one table. */
static bool add_column(struct figures *figures, const struct figure *base, const struct shown *entry, const struct result *part,
                       const struct table *table, size_t column, bool upper)
{
    struct figure figure = *base;

    figure.kind = FIGURE_SHOWN;
    figure.entry = entry;
    figure.part = part;
    figure.table = table;
    figure.column = column;
    for (figure.row = 0; figure.row < table->row_count; figure.row++) {
        figure.value = cell_number(table, figure.row, column, upper);
        if (!isnan(figure.value) && !figures_append(figures, figure))
            return false;
    }
    return true;
}

static bool add_entry(struct figures *figures, const struct figure *base, const struct shown *entry, const struct result *part)
{
    const struct table *table = find_shown(part, entry->table);
    bool ok = true, upper = false;
    size_t column;

    if (table == NULL || !is_there(entry, part, base->fit))
        return true;
    if (entry->key == NULL) {
        for (size_t j = 0; ok && j < table->column_count; j++)
            if (table->columns[j].key != NULL && strncmp(table->columns[j].key, "nodes", 5) == 0)
                ok = add_column(figures, base, entry, part, table, j, false);
        return ok;
    }
    column = find_column(table, entry->key, &upper);
    return column == table->column_count || add_column(figures, base, entry, part, table, column, upper);
}

bool shown_add(struct figures *figures, const struct figure *base)
{
    for (const struct result *part = figures->subject; part != NULL; part = part->next)
        for (size_t i = 0; i < sizeof entries / sizeof entries[0]; i++)
            if (strcmp(entries[i].command, part->command) == 0 && !add_entry(figures, base, &entries[i], part))
                return false;
    return true;
}

const char *shown_name(const struct figure *figure)
{
    return figure->entry->name;
}

const char *shown_name_at(int i)
{
    return i < (int)(sizeof entries / sizeof entries[0]) ? entries[i].name : NULL;
}

bool shown_is_share(const struct figure *figure)
{
    return figure->entry->share;
}

void shown_owner(const struct figure *f, struct text *out)
{
    const char *command = f->entry->command, *term = text_at(f->table, f->row, "term");

    if (strcmp(command, "attenuation") == 0)
        text_add(out, term);
    else if (strcmp(command, "margins") == 0 && strcmp(f->entry->table, "rows") == 0)
        text_addf(out, "%s %s", said(f->part, "variable"), text_at(f->table, f->row, "level"));
    else if (strcmp(command, "margins") == 0)
        text_addf(out, "%s %s - %s", said(f->part, "variable"), text_at(f->table, f->row, "to"), text_at(f->table, f->row, "from"));
    else if (strcmp(command, "whatif") == 0)
        text_addf(out, "%s %s%s%s with %.0f rows", said(f->part, "group"), said(f->part, "level"), strcmp(term, "(Intercept)") == 0 ? "" : " ",
                  strcmp(term, "(Intercept)") == 0 ? "" : term, beside(f, "n"));
    else if (strcmp(command, "shrinkage") == 0)
        text_addf(out, strcmp(said(f->part, "term"), "(Intercept)") == 0 ? "%s %s" : "%s %s %s", said(f->part, "group"),
                  text_at(f->table, f->row, "level"), said(f->part, "term"));
    else if (strcmp(command, "icc") == 0)
        text_add(out, text_at(f->table, f->row, "group"));
    else if (strcmp(command, "ladder") == 0 && strcmp(f->entry->table, "rungs") == 0)
        text_addf(out, "%.0f node%s", beside(f, "nodes"), beside(f, "nodes") == 1 ? "" : "s");
    else if (strcmp(command, "ladder") == 0)
        text_addf(out, f->entry->key == NULL ? "%s with %s node%s" : "%s", text_at(f->table, f->row, "parameter"),
                  f->table->columns[f->column].key + 5, strcmp(f->table->columns[f->column].key, "nodes1") == 0 ? "" : "s");
    else
        text_addf(out, "row %.0f", beside(f, "row"));
}

void shown_explain(const struct figures *figures, const struct figure *figure, struct explanation *out)
{
    figure->entry->explain(figures, figure, out);
}
