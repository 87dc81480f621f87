/* rowcov-verdict.c -- what the optimum of rowcov.h is called, in words. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "fit/identify-private.h"
#include "fit/revise.h"
#include "fit/rowcov-private.h"
#include "fit/tolerances.h"
#include "fit/verdict.h"
#include "model/residuals.h"
#include "result/number.h"

enum { MOST_SHOWN = 60 }; /* rows of a cluster whose covariances are looked at */

static const double SAME_ENTRY = 1e-9; /* of a variance: two entries that are one but for rounding */
static const double NO_NET = 1e-4;     /* of what moves: a sum that stays while its parts move, as found by differences */

/* edge[i] is that of number i of the law; `turned`: standard deviations of two signs turn the correlation. */
static void tell_law(struct optimum *optimum, enum correlation_law law, const int edge[], int i, bool turned, const char *of)
{
    verdict_boundary(optimum, BOUNDARY_CORRELATION);
    if (law == LAW_TOEP && edge[i] == EDGE_BEHIND)
        return;
    if (law == LAW_MAT && i == 1 && edge[0] != 0)
        return; /* the range has said it: no shape changes a correlation that does not depend on the distance */
    if (law == LAW_MAT && i == 1 && edge[1] > 0)
        verdict_say(optimum,
                    "the shape %s runs to infinity, and the range to 0 beside it: the correlation is that of gau, which has the "
                    "range of both",
                    of);
    else if (law == LAW_TOEP && i > 0)
        verdict_say(optimum, "the correlations %s are singular: one effect is a combination of the others", of);
    else if (law == LAW_OU || law == LAW_EXP || law == LAW_GAU || law == LAW_MAT)
        verdict_say(optimum, "the %s %s runs to %s: these data show no correlation that depends on the distance",
                    law_name(law, i), of, edge[i] > 0 ? "infinity" : "0");
    else
        verdict_say(optimum, "a correlation %s is estimated at the edge of its range (%d)", of, (edge[i] > 0) != turned ? 1 : -1);
}

static bool is_open(const struct rowcov_task *task, int i)
{
    return task->open->dims > 0 && task->open->moved[i];
}

static void tell_edges(struct fit *fit, const struct rowcov_task *task)
{
    const struct rowcov *m = task->m;
    char of[200];

    for (int t = 0; t < m->term_count; t++) {
        const struct rowcov_term *term = &m->terms[t];

        for (int a = 0; a < term->sd_count; a++) {
            if (task->edge[term->first + a] == 0 || (task->edge[term->first + a] < 0 && !fit_knows(fit, t, a, a)))
                continue;
            if (task->edge[term->first + a] > 0) {
                verdict_boundary(&fit->optimum, BOUNDARY_VARIANCE);
                verdict_say(&fit->optimum, "the residual variance is estimated as 0: each row's own effect of %s takes its place",
                            term->random->group);
                continue;
            }
            verdict_no_variance(&fit->optimum, NULL, term->sd_count == 1 ? NULL : term->random->names[a], term->random->group);
        }
        snprintf(of, sizeof of, "between levels of %.150s", term->random->group);
        for (int i = 0; i < term->law_count; i++)
            if (task->edge[term->first + term->sd_count + i] != 0 && !is_open(task, term->first + term->sd_count + i))
                tell_law(&fit->optimum, term->structure->law, task->edge + term->first + term->sd_count, i,
                         term->k == 2 && term->sd[0] * term->sd[1] < 0.0, of);
    }
    if (m->laplace != NULL && m->laplace->shapes > 0 && task->edge[task->count - 1] != 0)
        verdict_limit(&fit->optimum, m->family);
    if (task->vanished) {
        verdict_taken(&fit->optimum, m->family, m->design);
        revise_taken(fit);
    }
    for (int s = 0; residual_has_levels(m->residual.design) && s < m->residual.design->scale_count; s++)
        if (rowcov_scale_is_zero(task, s)) {
            verdict_boundary(&fit->optimum, BOUNDARY_DISPERSION);
            verdict_say(&fit->optimum, "sd %s of the residuals is estimated as 0: random effects take its place there",
                        m->residual.design->scale_names[s]);
        }
    for (int i = 0; m->residual.design != NULL && i < m->residual.law_count; i++) {
        int at = m->residual.first + residual_scale_parameters(m->residual.design) + i;

        if (task->edge[at] != 0 && !is_open(task, at))
            tell_law(&fit->optimum, m->residual.design->structure->law, task->edge + at - i, i, false, "of the residuals");
    }
}

/* --- what is not determined, in words --------------------------------------------------------------- */

/* The parts of a term that are not determined, for a sentence: "the variance of g", "the correlation of g"; how many. */
static int name_term(const struct fit *fit, const struct rowcov_task *task, int t, char out[][120])
{
    const struct rowcov_term *term = &task->m->terms[t];
    bool variance = false, law = false;
    int count = 0;
    char group[100];

    snprintf(group, sizeof group, term->random->structure == NULL ? "%.50s" : "%.50s (%.40s)", term->random->group,
             term->random->structure == NULL ? "" : random_structure_name(term->random, fit->arena));

    for (int a = 0; a < term->k; a++)
        variance = variance || !fit_knows(fit, t, a, a);
    for (int i = 0; i < term->law_count; i++)
        law = law || task->open->moved[term->first + term->sd_count + i];
    if (variance)
        snprintf(out[count++], sizeof *out, "the variance%s of %s", term->sd_count > 1 ? "s" : "", group);
    if (law)
        snprintf(out[count++], sizeof *out, "%s of %s", term->law_count > 1 ? "the correlations" : "the correlation", group);
    return count;
}

/* Of the residuals likewise. */
static int name_residual(const struct fit *fit, const struct rowcov_task *task, char out[][120])
{
    const struct rowcov_residual *r = &task->m->residual;
    bool variance = fit->identity->residual_unknown, law = false;
    int count = 0, at = r->design == NULL ? 0 : r->first + residual_scale_parameters(r->design);

    for (int i = 0; r->design != NULL && i < r->law_count; i++)
        law = law || task->open->moved[at + i];
    if (variance)
        snprintf(out[count++], sizeof *out, "the residual variance%s",
                 r->design != NULL && r->design->scale_count > 1 ? "s" : "");
    if (law)
        snprintf(out[count++], sizeof *out, "%s of the residuals", r->law_count > 1 ? "the correlations" : "the correlation");
    return count;
}

/* Where all rows have one variance, and any two of a cluster one covariance: these, in the units of the response. */
static bool rows_alike(const struct fit *fit, const struct rowcov_task *task, double *variance, double *covariance)
{
    struct rowcov *m = task->m;
    double *V = m->W;
    bool alike = m->largest > 1 && m->largest <= MOST_SHOWN && rowcov_set(m, task->x), first = true;

    for (size_t b = 0; alike && b < m->cluster_count; b++) {
        const struct rowcov_cluster *c = &m->clusters[b];
        size_t n = c->count;

        alike = n > 1;
        if (!alike || c->alike == 0) /* the same as the one before */
            continue;
        rowcov_fill(m, c, true, V);
        *variance = first ? V[0] : *variance;
        *covariance = first ? V[1] : *covariance;
        first = false;
        for (size_t j = 0; j < n; j++)
            for (size_t i = j; i < n; i++)
                alike = alike && fabs(V[i + j * n] - (i == j ? *variance : *covariance)) < SAME_ENTRY * *variance;
    }
    *variance *= fit->dispersion;
    *covariance *= fit->dispersion;
    return alike;
}

/* An open intercept of the groups within which the residuals have any covariance matrix, which takes it in; -1: there is none. */
static int needless_intercept(const struct fit *fit, const struct rowcov *m)
{
    const struct residual_design *residual = m->residual.design;

    for (int t = 0; residual != NULL && residual->structure->law == LAW_US && t < m->term_count; t++) {
        const struct random_design *r = m->terms[t].random;

        if (r->k == 1 && r->z == NULL && r->relation == NULL && !fit_knows(fit, t, 0, 0) && residual->group != NULL
            && strcmp(r->group, residual->group) == 0)
            return t;
    }
    return -1;
}

/* What is determined only together with something else, after what has a sentence of its own. */
static void tell_together(struct fit *fit, const struct rowcov_task *task)
{
    enum { ROOM = 10 };
    const struct rowcov *m = task->m;
    char names[ROOM][120], whole[1400] = "", number[NUMBER_SIZE], other[NUMBER_SIZE];
    double variance = 0.0, covariance = 0.0;
    int count = 0;

    for (int t = 0; t < m->term_count && count + 4 <= ROOM; t++)
        if (!task->open->within[t])
            count += name_term(fit, task, t, names + count);
    count += name_residual(fit, task, names + count);
    for (int i = 0; i < count; i++) {
        size_t used = strlen(whole);

        snprintf(whole + used, sizeof whole - used, "%s%.119s", i == 0 ? "" : i < count - 1 ? ", " : " and ", names[i]);
    }
    if (count == 1 || (count > 0 && task->open->idle == task->open->dims))
        verdict_say(&fit->optimum, "%s: nothing in these data determines %s", whole,
                    count > 1 || strncmp(whole, "the correlations", 16) == 0 || strncmp(whole, "the variances", 13) == 0 ? "them"
                                                                                                                         : "it");
    else if (count > 1 && task->linear && !task->open->moves && rows_alike(fit, task, &variance, &covariance))
        verdict_say(&fit->optimum,
                    "%s: only the covariances of rows that they make together are determined, the variance of a row, %s, and the "
                    "covariance of two that covary, %s",
                    whole, number_text(number, variance, 3), number_text(other, covariance, 3));
    else if (count > 1)
        verdict_say(&fit->optimum, "%s: only the covariances of rows that they make together are determined", whole);
    if (count > 1 && needless_intercept(fit, m) >= 0)
        verdict_say(&fit->optimum, "without the intercept of %s %s has them: the same model",
                    m->terms[needless_intercept(fit, m)].random->group, m->residual.design->text);
}

static void tell_open(struct fit *fit, const struct rowcov_task *task)
{
    const struct identity *identity = fit->identity;
    const struct rowcov *m = task->m;
    char number[NUMBER_SIZE], other[NUMBER_SIZE];

    verdict_worsen(&fit->optimum, VERDICT_NOT_IDENTIFIED);
    for (int t = 0; t < m->term_count; t++)
        if (task->open->within[t])
            verdict_say(&fit->optimum, "the variance between levels of %s cannot be told from the fixed effects",
                        m->terms[t].random->group);
    if (identity->sum_count > 0) {
        const struct identity_part *part = identity->sums[0].parts;
        bool correlated = part[1].term < 0 && m->residual.law_count > 0;

        verdict_say(
            &fit->optimum,
            correlated ? "%s and %s: only the sum of their variances is determined, %s, and the covariance of two rows%s%s"
                       : "%s and %s: only the sum of their variances is determined, %s%s%s",
            m->terms[part[0].term].random->group, part[1].term < 0 ? "the residuals" : m->terms[part[1].term].random->group,
            number_text(number, identity->sums[0].value, 3), identity->sums[0].shared ? ", " : "",
            identity->sums[0].shared ? number_text(other, identity->sums[0].covariance, 3) : "");
    } else {
        tell_together(fit, task);
    }
}

/* A direction along which nothing changes at the estimates: its largest parts by name. */
static void tell_flat(struct fit *fit, const struct rowcov_task *task)
{
    const struct rowcov *m = task->m;
    const double *v = task->vectors + (size_t)task->flat * (size_t)task->count;
    const char *last = NULL;
    int told = 0;

    verdict_worsen(&fit->optimum, VERDICT_NOT_IDENTIFIED);
    for (int i = 0; i < task->count; i++) {
        const char *name = "the residuals' structure";

        if (fabs(v[i]) < 0.1)
            continue;
        for (int t = 0; t < m->term_count; t++)
            if (i >= m->terms[t].first && i < m->terms[t].first + m->terms[t].sd_count + m->terms[t].law_count)
                name = m->terms[t].random->group;
        if (i < m->first)
            name = "the fixed effects";
        if (last == NULL || strcmp(name, last) != 0)
            verdict_say(&fit->optimum, "%s%s", told++ == 0 ? "at these estimates the likelihood is flat in " : "", name);
        last = name;
    }
}

/* A variance that grows without end as its correlations run to 1, and what of both is determined. */
static void tell_ridges(struct fit *fit, const struct rowcov_task *task)
{
    const struct rowcov *m = task->m;
    char number[NUMBER_SIZE], exponent[NUMBER_SIZE], of[120], left[80];

    for (int t = 0; t <= m->term_count; t++) {
        enum correlation_law law;
        double power, value;

        if (!task->ridge[t])
            continue;
        value = rowcov_ridge_left(task, t, &law, &power);
        snprintf(of, sizeof of, t < m->term_count ? "%.100s" : "the residuals",
                 t < m->term_count ? m->terms[t].random->group : "");
        snprintf(left, sizeof left,
                 law == LAW_AR1  ? "(1 - rho)"
                 : law == LAW_OU ? "rate"
                 : power == 1.0  ? "range"
                                 : "range^%s",
                 number_text(exponent, power, 3));
        verdict_worsen(&fit->optimum, VERDICT_NOT_IDENTIFIED);
        verdict_say(&fit->optimum,
                    "%s of %s runs to %s and the variance to infinity beside it, as fixed effects take what %s share: only "
                    "variance %s %s is determined, %s",
                    law == LAW_AR1  ? "rho"
                    : law == LAW_OU ? "the rate"
                                    : "the range",
                    of,
                    law == LAW_AR1  ? "1"
                    : law == LAW_OU ? "0"
                                    : "infinity",
                    t < m->term_count ? "the effects of a level" : "the rows of a group",
                    law == LAW_AR1 || law == LAW_OU ? "*" : "/", left, number_text(number, value, 3));
    }
}

/* Of a correlation that enters by even powers alone, or by odd ones that are nothing: what is determined. */
static void tell_sign(struct fit *fit, const struct rowcov_task *task, int i, const struct positions *positions, const char *of)
{
    char number[NUMBER_SIZE];
    double rho;

    if (task->open->sign == NULL || task->open->sign[i] == SIGN_KNOWN || task->held[i] || is_open(task, i))
        return;
    rho = law_value(LAW_AR1, positions, task->x + i, 0, NULL);
    verdict_worsen(&fit->optimum, VERDICT_NOT_IDENTIFIED);
    verdict_say(&fit->optimum,
                task->open->sign[i] == SIGN_EVEN
                    ? "rho %s: rows are an even number of steps apart, so nothing tells its sign; only rho^2 is determined, %s"
                    : "rho %s: rows an odd number of steps apart are so many apart that nothing tells its sign; only rho^2 is "
                      "determined, %s",
                of, number_text(number, rho * rho, 3));
}

static void tell_signs(struct fit *fit, const struct rowcov_task *task)
{
    const struct rowcov *m = task->m;
    const struct residual_design *residual = m->residual.design;
    char of[120];

    for (int t = 0; t < m->term_count; t++)
        if (m->terms[t].law_count > 0) {
            snprintf(of, sizeof of, "of %.100s", m->terms[t].random->group);
            tell_sign(fit, task, m->terms[t].first + m->terms[t].sd_count, &m->terms[t].positions, of);
        }
    if (residual != NULL && m->residual.law_count > 0)
        tell_sign(fit, task, m->residual.first + residual_scale_parameters(residual), &residual->positions, "of the residuals");
}

void rowcov_verdict(struct fit *fit, const struct rowcov_task *task, double tolerance)
{
    struct optimum *optimum = &fit->optimum;

    verdict_begin(optimum, &(struct search_end){ task->gain, task->iterations, task->m->evaluations,
                                                 task->count > 0 && task->have_hessian ? task->values[0] : 0.0 });
    for (int i = 0; i < task->count; i++)
        verdict_slope(optimum, task->held[i] ? 0.0 : task->gradient[i]);
    if (!task->have_hessian || !(task->gain <= tolerance) || optimum->smallest_eigenvalue < -ROWCOV_SADDLE) {
        if (task->m->laplace != NULL && laplace_least_pivot(task->m) < 2 * BROKEN_PIVOT) {
            verdict_worsen(optimum, VERDICT_NOT_CONVERGED);
            optimum->gain = (double)NAN;
            verdict_say(
                optimum,
                "the approximation of the likelihood breaks down: with the %s link the log density of %s is not concave at "
                "some conditional mode",
                task->m->link->name, task->m->family->name);
            return;
        }
        verdict_stopped(optimum, task->have_hessian && !(optimum->smallest_eigenvalue < -ROWCOV_SADDLE));
        return;
    }
    if (task->open->dims > 0)
        tell_open(fit, task);
    else if (task->flat >= 0)
        tell_flat(fit, task);
    tell_ridges(fit, task);
    tell_signs(fit, task);
    tell_edges(fit, task);
}

/* --- what is not determined ----------------------------------------------------------------------------------- */

/* Whether a direction in the parameters without curvature changes sigma. */
static bool moves_sigma(const struct rowcov *m, const double *v)
{
    double along = 0.0;

    for (int i = 0; i < m->count; i++)
        along += m->gradient[PART_RSS][i] * v[i];
    return fabs(along) > ROWCOV_SHARE * m->rss;
}

/* The terms, and the residual variance, that change along a direction without curvature at the estimates. */
static void mark_flat(struct identity *identity, const struct rowcov_task *task)
{
    const struct rowcov *m = task->m;

    for (int v = 0; v < task->count; v++) {
        const double *e = task->vectors + (size_t)v * (size_t)task->count;

        if (!(fabs(task->values[v]) < ROWCOV_FLAT))
            continue;
        identity->lost++;
        identity->residual_unknown = identity->residual_unknown || (task->linear && moves_sigma(m, e));
        for (int t = 0; t < m->term_count; t++) {
            const struct rowcov_term *term = &m->terms[t];
            bool open = false;

            for (int i = term->first; i < term->first + term->sd_count + term->law_count; i++)
                open = open || fabs(e[i]) > ROWCOV_SHARE;
            identity->by_curvature = identity->by_curvature || open;
            for (int a = 0; open && a < term->k * term->k; a++)
                identity->unknown[t][a] = true;
        }
    }
}

/* What the structure leaves open, entry by entry. */
static void mark_open(struct identity *identity, const struct rowcov_task *task)
{
    const struct rowcov *m = task->m;
    const struct residual_design *residual = m->residual.design;
    const bool *mark = task->open->entry;

    identity->lost = task->open->dims;
    for (int t = 0; t < m->term_count; t++)
        for (int a = 0; a < m->terms[t].k * m->terms[t].k; a++)
            identity->unknown[t][a] = *mark++;
    for (int s = 0; task->linear && s < (residual == NULL ? 1 : residual->scale_count); s++)
        identity->residual_unknown = identity->residual_unknown || *mark++;
}

/* The covariance of two rows of a level, that of an intercept and of residuals that all correlate alike. */
static void set_shared(struct fit *fit, struct identity_sum *sum, const struct rowcov_task *task)
{
    const struct rowcov_residual *r = &task->m->residual;
    int term = sum->parts[0].term;

    if (r->design == NULL || r->design->structure->law != LAW_CS || sum->parts[1].term >= 0
        || fit->design->random[term].z != NULL)
        return;
    sum->shared = true;
    sum->covariance =
        fit->random[term].covariance[0]
        + fit->dispersion
              * law_value(LAW_CS, &r->design->positions, task->x + r->first + residual_scale_parameters(r->design), 0, NULL);
}

/* Where one direction trades the variances of two terms, or of one and the residuals, one for one: their sum. */
static bool add_sum(struct fit *fit, struct identity *identity, const struct rowcov_task *task)
{
    const struct rowcov *m = task->m;
    const double *change = task->open->change;
    struct identity_sum *sum = arena_alloc(fit->arena, 1, sizeof *sum);
    struct identity_part *parts = arena_alloc(fit->arena, (size_t)m->term_count + 2, sizeof *parts);
    double total = 0.0, size = 0.0;
    bool one_scale = m->residual.design == NULL || m->residual.design->scale_count == 1;
    bool simple = task->open->dims == 1 && (one_scale || !identity->residual_unknown);

    if (sum == NULL || parts == NULL)
        return false;
    sum->parts = parts;
    for (int t = 0; simple && t < m->term_count; change += m->terms[t].k * m->terms[t].k, t++) {
        if (!identity->unknown[t][0])
            continue;
        simple = m->terms[t].k == 1 && !task->open->within[t];
        parts[sum->part_count] = (struct identity_part){ .term = t, .times = 1.0 };
        if ((parts[sum->part_count].weights = arena_alloc(fit->arena, 1, sizeof(double))) == NULL)
            return false;
        parts[sum->part_count++].weights[0] = 1.0;
        sum->value += fit->random[t].covariance[0];
        total += *change;
        size += fabs(*change);
    }
    if (simple && identity->residual_unknown) {
        parts[sum->part_count++] = (struct identity_part){ .term = -1, .times = 1.0 };
        sum->value += fit->dispersion;
        total += *change;
        size += fabs(*change);
    }
    if (simple && sum->part_count == 2 && fabs(total) < NO_NET * size) {
        identity->sum_count = 1;
        identity->sums = sum;
        set_shared(fit, sum, task);
    }
    return true;
}

/* The matrices of what has a range that is held far out, and a residual that is little beside them for no other reason. */
static void mark_ridges(struct identity *identity, const struct rowcov_task *task)
{
    const struct rowcov *m = task->m;

    for (int t = 0; t <= m->term_count; t++) {
        identity->lost += task->ridge[t];
        for (int a = 0; task->ridge[t] && t < m->term_count && a < m->terms[t].k * m->terms[t].k; a++)
            identity->unknown[t][a] = true;
        if (task->ridge[t] && t < m->term_count)
            identity->residual_unknown = identity->residual_unknown || task->edge[m->terms[t].first] > 0;
    }
    identity->residual_unknown = identity->residual_unknown || task->ridge[m->term_count];
}

/* Estimates and errors that hang on what is open. */
static bool mark_errors(struct fit *fit, struct identity *identity, const struct rowcov_task *task)
{
    size_t p = (size_t)task->m->p;
    double *flat, *moved;

    if ((task->open->dims == 0 && !rowcov_has_ridge(task)) || !task->m->reml)
        return true;
    flat = arena_alloc(fit->arena, p * p + 1, sizeof *flat);
    moved = arena_alloc(fit->arena, p * p + 1, sizeof *moved);
    return flat != NULL && moved != NULL && (task->open->dims == 0 || rowcov_find_errors(task, flat, moved))
           && rowcov_add_ridge_errors(task, flat) && identity_mark_errors(fit, identity, flat, p)
           && identity_mark_estimates(fit, identity, moved, p);
}

bool rowcov_set_identity(struct fit *fit, const struct rowcov_task *task)
{
    const struct rowcov *m = task->m;
    struct identity *identity = arena_alloc(fit->arena, 1, sizeof *identity);

    if (identity == NULL || !identity_allocate(identity, m->design, fit->arena))
        return false;
    if (task->open->dims == 0)
        mark_flat(identity, task);
    else
        mark_open(identity, task);
    mark_ridges(identity, task);
    for (int t = 0; t < m->term_count; t++) {
        identity_mark_modes(identity, m->design, t);
        revise_forget_entries(&fit->random[t], identity->unknown[t]);
    }
    fit->identity = identity;
    return mark_errors(fit, identity, task) && (task->open->dims == 0 || add_sum(fit, identity, task));
}
