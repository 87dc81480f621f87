/* test-gee.c -- estimating equations: errors worked out again with whole matrices, and what no data determine. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "data/frame.h"
#include "fit/method.h"
#include "infer/averaged.h"
#include "run-session.h"

enum { MOST = 12 }; /* rows of a cluster, and columns */

typedef double matrix[MOST][MOST];

static void inverse(int n, matrix a, matrix out)
{
    double work[MOST][2 * MOST] = { { 0 } };

    for (int i = 0; i < n; i++) {
        memcpy(work[i], a[i], sizeof(double) * (size_t)n);
        work[i][n + i] = 1;
    }
    for (int k = 0; k < n; k++) {
        int best = k;

        for (int i = k; i < n; i++)
            best = fabs(work[i][k]) > fabs(work[best][k]) ? i : best;
        for (int j = 0; j < 2 * n; j++) {
            double held = work[k][j];

            work[k][j] = work[best][j];
            work[best][j] = held;
        }
        for (int i = 0; i < n; i++)
            for (int j = 2 * n - 1; i != k && j >= k; j--)
                work[i][j] -= work[i][k] / work[k][k] * work[k][j];
        for (int j = 2 * n - 1; j >= k; j--)
            work[k][j] /= work[k][k];
    }
    for (int i = 0; i < n; i++)
        memcpy(out[i], work[i] + n, sizeof(double) * (size_t)n);
}

/* A^-1/2 by the iteration of Denman and Beavers. */
static void inverse_root(int n, matrix a, matrix z)
{
    matrix y, yi, zi;

    memcpy(y, a, sizeof y);
    memset(z, 0, sizeof y);
    for (int i = 0; i < n; i++)
        z[i][i] = 1;
    for (int round = 0; round < 40; round++) {
        inverse(n, y, yi);
        inverse(n, z, zi);
        for (int i = 0; i < n; i++)
            for (int j = 0; j < n; j++) {
                y[i][j] = (y[i][j] + zi[i][j]) / 2;
                z[i][j] = (z[i][j] + yi[i][j]) / 2;
            }
    }
}

/* One cluster of a binomial model with the logit link, exchangeable: D, V^-1, e. */
struct cluster {
    int m;
    matrix D, W;
    double e[MOST];
};

static void cluster_of(const struct gee *g, const int32_t code[], int32_t which, struct cluster *c)
{
    const struct design *d = g->design;
    double a[MOST];
    matrix V;

    c->m = 0;
    for (size_t i = 0; i < d->n; i++) {
        double eta = 0, mu;

        if (code[d->row[i]] != which)
            continue;
        for (int j = 0; j < g->p; j++)
            eta += d->X[(size_t)j * d->n + i] * g->beta[j];
        mu = 1 / (1 + exp(-eta));
        for (int j = 0; j < g->p; j++)
            c->D[c->m][j] = mu * (1 - mu) * d->X[(size_t)j * d->n + i];
        c->e[c->m] = d->y[i] - mu;
        a[c->m++] = sqrt(mu * (1 - mu) / d->trials[i]);
    }
    for (int s = 0; s < c->m; s++)
        for (int t = 0; t < c->m; t++)
            V[s][t] = g->dispersion * a[s] * a[t] * (s == t ? 1 : g->alpha[0]);
    inverse(c->m, V, c->W);
}

/* s := D'V^-1 K e, and information += D'V^-1 D where it is wanted. */
static void score(const struct cluster *c, int p, matrix K, double s[], matrix information)
{
    for (int j = 0; j < p; j++) {
        s[j] = 0;
        for (int r = 0; r < c->m; r++)
            for (int t = 0; t < c->m; t++) {
                double ke = 0;

                for (int u = 0; u < c->m; u++)
                    ke += (K == NULL ? t == u : K[t][u]) * c->e[u];
                s[j] += c->D[r][j] * c->W[r][t] * ke;
                for (int k = 0; information != NULL && k < p; k++)
                    information[j][k] += c->D[r][j] * c->W[r][t] * c->D[t][k];
            }
    }
}

/* I - D C D'V^-1 */
static void residual_maker(const struct cluster *c, int p, matrix C, matrix out)
{
    for (int r = 0; r < c->m; r++)
        for (int u = 0; u < c->m; u++) {
            out[r][u] = r == u;
            for (int j = 0; j < p; j++)
                for (int k = 0; k < p; k++)
                    for (int t = 0; t < c->m; t++)
                        out[r][u] -= c->D[r][j] * C[j][k] * c->D[t][k] * c->W[t][u];
        }
}

static void expect_errors(const struct gee *g, enum gee_errors kind, matrix C, matrix meat)
{
    for (int j = 0; j < g->p; j++) {
        double variance = 0;

        for (int k = 0; k < g->p; k++)
            for (int l = 0; l < g->p; l++)
                variance += C[j][k] * meat[k][l] * C[l][j];
        cr_expect_lt(fabs(g->se[kind][j] - sqrt(variance)), 1e-7 * sqrt(variance), "errors %d of %s: %.12g, by hand %.12g",
                     (int)kind, g->names[j], g->se[kind][j], sqrt(variance));
    }
}

/* As the papers write them, with whole matrices. */
Test(gee, errors_by_hand)
{
    struct session *session = session_of("load cbpp; model cbind(incidence, size - incidence) ~ factor(period), family=binomial");
    struct averaged_call call = { .id = "herd", .corr = GEE_EXCHANGEABLE };
    const struct model *model = session->model;
    const struct column *herd = frame_find(model->frame, "herd");
    struct averaged averaged;
    static matrix information, C, meat[GEE_ERRORS], maker, K;
    struct cluster c;
    double s[MOST];
    int p;

    cr_assert(averaged_init(&averaged, model, &call, NULL, NULL));
    p = averaged.gee->p;
    for (int32_t h = 0; h < herd->level_count; h++) {
        cluster_of(averaged.gee, herd->as.code, h, &c);
        score(&c, p, NULL, s, information);
    }
    inverse(p, information, C);
    for (int32_t h = 0; h < herd->level_count; h++) {
        cluster_of(averaged.gee, herd->as.code, h, &c);
        for (int kind = 0; kind < GEE_NAIVE; kind++) {
            residual_maker(&c, p, C, maker);
            if (kind == GEE_MANCL)
                inverse(c.m, maker, K);
            else if (kind == GEE_KAUERMANN)
                inverse_root(c.m, maker, K);
            score(&c, p, kind == GEE_SANDWICH ? NULL : K, s, NULL);
            for (int j = 0; j < p; j++)
                for (int k = 0; k < p; k++)
                    meat[kind][j][k] += s[j] * s[k];
        }
    }
    memcpy(meat[GEE_NAIVE], information, sizeof information);
    for (int kind = 0; kind < GEE_ERRORS; kind++)
        expect_errors(averaged.gee, (enum gee_errors)kind, C, meat[kind]);
    averaged_clear(&averaged);
    session_free(session);
}

/* The slope of a line through the rows but those of one subject (-1: of none). */
static double slope_without(const struct design *d, const int32_t level[], int32_t left)
{
    const double *x = d->X + d->n;
    double n = 0, mean_x = 0, mean_y = 0, xx = 0, xy = 0;

    for (size_t i = 0; i < d->n; i++)
        if (level[i] != left) {
            n++;
            mean_x += x[i];
            mean_y += d->y[i];
        }
    for (size_t i = 0; i < d->n; i++)
        if (level[i] != left) {
            xx += (x[i] - mean_x / n) * (x[i] - mean_x / n);
            xy += (x[i] - mean_x / n) * (d->y[i] - mean_y / n);
        }
    return xy / xx;
}

/* Of a linear model with independent rows Mancl and DeRouen's errors are those of leaving a cluster out: also of one that has all
 * but a ten-millionth of what tells the slope. */
Test(gee, corrected_errors_are_those_of_leaving_a_cluster_out)
{
    static const char *const sizes[] = { "1", "1e-2", "1e-4" };

    for (size_t k = 0; k < sizeof sizes / sizeof sizes[0]; k++) {
        struct averaged_call call = { .id = "Subject", .corr = GEE_INDEPENDENCE };
        struct averaged averaged;
        struct session *session;
        const struct column *subject;
        const struct design *d;
        char script[160];
        double sum = 0, all;

        snprintf(script, sizeof script,
                 "load sleepstudy; let x = ifelse(Subject == \"335\", Days, Days * %s); model Reaction ~ x", sizes[k]);
        session = session_of(script);
        d = session->model->design;
        subject = frame_find(session->model->frame, "Subject");
        cr_assert(averaged_init(&averaged, session->model, &call, NULL, NULL));
        all = slope_without(d, subject->as.code, -1);
        for (int32_t l = 0; l < subject->level_count; l++)
            sum += pow(slope_without(d, subject->as.code, l) - all, 2);
        cr_expect_float_eq(averaged.gee->beta[1], all, 1e-9 * sqrt(sum));
        cr_expect_lt(fabs(averaged.gee->se[GEE_MANCL][1] - sqrt(sum)), 1e-6 * sqrt(sum), "%s: %.12g, without one %.12g", sizes[k],
                     averaged.gee->se[GEE_MANCL][1], sqrt(sum));
        averaged_clear(&averaged);
        session_free(session);
    }
}

/* A quasi-likelihood is half the deviance below what it is where the mean is the response itself; of one mean alone, which is
 * that of the rows. */
Test(gee, quasi_likelihoods_by_deviances)
{
    static const char *const families[] = { "gaussian", "Gamma", "inverse.gaussian", "poisson" };

    for (size_t f = 0; f < sizeof families / sizeof families[0]; f++) {
        char script[100];
        struct session *session;
        struct averaged_call call = { .id = "Subject", .corr = GEE_INDEPENDENCE };
        struct averaged averaged;
        const double *y;
        double mean = 0, sum = 0, n;

        snprintf(script, sizeof script, "load sleepstudy; let y = round(Reaction / 10); model y ~ 1, family=%s", families[f]);
        session = session_of(script);
        y = session->model->design->y;
        n = (double)session->model->design->n;
        for (size_t i = 0; i < session->model->design->n; i++)
            mean += y[i] / n;
        for (size_t i = 0; i < session->model->design->n; i++) {
            const struct observation at = { .y = y[i], .trials = 1, .weight = 1 };
            double best = f == 0 ? 0 : f == 1 ? -1 - log(y[i]) : f == 2 ? 1 / (2 * y[i]) : y[i] * log(y[i]) - y[i];

            sum += best - 0.5 * session->model->family->deviance(&at, mean, (const double[FAMILY_SHAPES]){ 1 });
        }
        cr_assert(averaged_init(&averaged, session->model, &call, NULL, NULL), "%s", families[f]);
        cr_expect(averaged.gee->has_quasi, "%s", families[f]);
        cr_expect_float_eq(averaged.gee->quasi, sum, 1e-7 * (1 + fabs(sum)), "%s: %.12g, not %.12g", families[f],
                           averaged.gee->quasi, sum);
        averaged_clear(&averaged);
        session_free(session);
    }
}

/* Where no group has two rows nothing tells how these correlate: no correlation is made up, and the estimates are those of rows
 * alone. */
Test(gee, groups_of_one_row)
{
    static const enum gee_corr kinds[] = { GEE_INDEPENDENCE, GEE_AR1, GEE_EXCHANGEABLE };
    double beta = 0, se = 0;

    for (int k = 0; k < 3; k++) {
        struct session *session = session_of("load sleepstudy; let row = factor(Reaction); model Reaction ~ Days");
        struct averaged_call call = { .id = "row", .wave = kinds[k] == GEE_AR1 ? "Days" : NULL, .corr = kinds[k] };
        struct averaged averaged;

        cr_assert(averaged_init(&averaged, session->model, &call, NULL, NULL), "%d", k);
        if (k > 0) {
            cr_expect_float_eq(averaged.gee->beta[1], beta, 1e-9 * se);
            cr_expect_float_eq(averaged.gee->se[GEE_SANDWICH][1], se, 1e-9 * se);
            cr_expect(averaged.gee->alpha[0] == 0 || isnan(averaged.gee->alpha[0]), "%d: %g", k, averaged.gee->alpha[0]);
        }
        beta = averaged.gee->beta[1];
        se = averaged.gee->se[GEE_SANDWICH][1];
        averaged_clear(&averaged);
        session_free(session);
    }
}

/* The order of the rows of the data says nothing where waves do. */
Test(gee, order_of_rows)
{
    static const char *const scripts[] = { "load sleepstudy; model Reaction ~ Days",
                                           "load sleepstudy; sort Reaction; model Reaction ~ Days" };
    double beta[2], se[2], alpha[2];

    for (int k = 0; k < 2; k++) {
        struct session *session = session_of(scripts[k]);
        struct averaged_call call = { .id = "Subject", .wave = "Days", .corr = GEE_AR1 };
        struct averaged averaged;

        cr_assert(averaged_init(&averaged, session->model, &call, NULL, NULL));
        beta[k] = averaged.gee->beta[1];
        se[k] = averaged.gee->se[GEE_SANDWICH][1];
        alpha[k] = averaged.gee->alpha[0];
        averaged_clear(&averaged);
        session_free(session);
    }
    cr_expect_lt(fabs(beta[0] - beta[1]), 1e-9 * se[0]);
    cr_expect_lt(fabs(se[0] - se[1]), 1e-9 * se[0]);
    cr_expect_lt(fabs(alpha[0] - alpha[1]), 1e-9);
}

/* The whole working correlation: alpha to the power of the time between two waves, however far apart these are. */
Test(gee, waves_are_correlated_by_the_time_between_them)
{
    struct session *session = session_of("load sleepstudy; where Days != 2 & Days < 6; model Reaction ~ Days");
    struct averaged_call call = { .id = "Subject", .wave = "Days", .corr = GEE_AR1 };
    static const double waves[] = { 0, 1, 3, 4, 5 };
    struct averaged averaged;
    const struct gee *gee;

    cr_assert(averaged_init(&averaged, session->model, &call, NULL, NULL));
    gee = averaged.gee;
    cr_assert_eq(gee->wave_count, 5);
    cr_expect(gee->alpha[0] > 0.1 && gee->alpha[0] < 0.99);
    for (int s = 0; s < 5; s++)
        for (int t = 0; t < 5; t++)
            cr_expect_float_eq(gee->correlation[s + t * 5], pow(gee->alpha[0], fabs(waves[s] - waves[t])), 1e-14, "%d, %d: %g", s,
                               t, gee->correlation[s + t * 5]);
    averaged_clear(&averaged);
    session_free(session);
}

static bool stop_at_rows(void *context, const char *what, double done, double total, double value)
{
    (void)context;
    (void)done;
    (void)total;
    (void)value;
    return strcmp(what, "row") != 0;
}

/* The pairs of large clusters are many: they ask whether to go on. */
Test(gee, pairs_can_be_stopped)
{
    struct session *session = session_of("load sleepstudy; model Reaction ~ Days");
    struct averaged_call call = { .id = "Subject", .corr = GEE_AR1 };
    struct glmm_progress progress = { .tell = stop_at_rows };
    struct fit_options options = { .unpriced = true };
    struct fit *flat = model_fit(session->model, &options, NULL, NULL);
    const struct column *subject = frame_find(session->model->frame, call.id);
    struct gee_rows rows = { .cluster = subject->as.code, .count = subject->level_count };
    struct glmm_error err = { 0 };

    cr_assert(flat != NULL);
    cr_expect(gee_new(flat, &rows, call.corr, &progress, &err) == NULL);
    cr_expect_eq((int)err.code, GLMM_E_INTERRUPT);
    fit_free(flat);
    session_free(session);
}
