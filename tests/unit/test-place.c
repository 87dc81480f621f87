/* test-place.c -- the place where a profile holds a parameter: other starts, shapes at their limit, the criterion's heights. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "fit/minimize.h"
#include "infer/place-private.h"
#include "profiled.h"
#include "stated.h"

/* Where another valley may begin: correlations of 0, of -1 and 1, no term; what is held stays; a minimum that is known ends the
 * way. */
Test(place, starts_elsewhere)
{
    struct stated s = state("sleepstudy", "Reaction ~ Days + (Days | Subject)", "gaussian", METHOD_REML, 1);
    struct place *place = place_new(s.fit, NULL, -1, NULL, NULL);
    struct parameter days = find(s.fit, PARAMETER_SD, 1);
    int held = place_coordinate(place, &days), n = place_count(place), angle = place->terms[0].first + 2;
    const double angles[] = { 0, M_PI_2, 0, M_PI };
    double psi[8], known[8], value;
    bool settled, stopped = false;

    cr_assert(place_begin(place, NULL));
    cr_assert_eq(place_start_count(place), 8);
    cr_expect_not(place_start(place, 0, held, psi));
    cr_expect_not(place_start(place, 5, held, psi)); /* no shape at a limit, no dispersion that is gone */
    cr_expect_not(place_start(place, 6, held, psi));
    cr_expect_not(place_start(place, 7, held, psi));
    memcpy(known, place_estimate(place), sizeof(double) * (size_t)n);
    known[held] = 9;
    value = place_minimize(place, held, known, &settled, &stopped);
    for (int k = 1; k < 5; k++) {
        psi[held] = 9;
        cr_assert(place_start(place, k, held, psi));
        cr_expect_eq(psi[held], 9);
        if (k < 4)
            cr_expect_eq(psi[angle], angles[k]);
        else
            cr_expect_lt(psi[place->terms[0].first], 0.2 * place_estimate(place)[place->terms[0].first]);
        cr_expect_float_eq(place_minimize(place, held, psi, &settled, &stopped), value, 1e-6);
        cr_assert(place_start(place, k, held, psi));
        place_know(place, known);
        cr_expect_float_eq(place_minimize(place, held, psi, &settled, &stopped), value, 0.2);
        cr_expect(settled);
        place_know(place, NULL);
    }
    place_free(place);
    stated_clear(&s);
}

static bool go_on(void *context, const char *what, double done, double total, double value)
{
    (void)what, (void)done, (void)total, (void)value;
    return *(bool *)context;
}

/* A correlation of -1 or 1, where the criterion is stationary, is left before the first step, of whichever two effects of three;
 * from there the minimum is found.  A search that is stopped leaves what it began with. */
Test(place, correlations_at_their_end_are_left)
{
    struct stated s = state("sleepstudy", "Reaction ~ Days + (Days + I(Days^2) | Subject)", "gaussian", METHOD_REML, 1);
    bool on = true;
    struct glmm_progress progress = { .tell = go_on, .context = &on };
    struct place *place = place_new(s.fit, NULL, -1, &progress, NULL);
    struct parameter intercept = find(s.fit, PARAMETER_SD, 0);
    int held = place_coordinate(place, &intercept), n = place_count(place);
    double psi[8], least;
    bool settled, stopped = false;

    cr_assert(place_begin(place, NULL) && n <= 8);
    memcpy(psi, place_estimate(place), sizeof(double) * (size_t)n);
    least = place_minimize(place, held, psi, &settled, &stopped);
    for (int a = 1; a < 3; a++)
        for (int e = 0; e < a; e++)
            for (int end = 0; end < 4; end++) {
                int angle = term_row(&place->terms[0], a) + 1 + e;

                memcpy(psi, place_estimate(place), sizeof(double) * (size_t)n);
                psi[angle] = end % 2 * M_PI;
                on = end < 2;
                place->stopped = false;
                if (end < 2)
                    cr_expect_float_eq(place_minimize(place, held, psi, &settled, &stopped), least, 1e-5, "effects %d, %d", a, e);
                else
                    place_minimize(place, held, psi, &settled, &stopped);
                cr_expect_gt(fabs(sin(psi[angle])), 1e-6, "effects %d, %d, end %d", a, e, end);
            }
    place_free(place);
    stated_clear(&s);
}

/* Errors by the curvature that the fit has are those by the engine's, asked at the same place.  Each piece of the fit's memory is
 * a block of its own here, so that sanitizers see what reads beyond one. */
Test(place, errors_by_the_curvature_of_the_fit)
{
    static const char *const formulas[] = { "Reaction ~ Days + (1 | Subject)", "Reaction ~ Days + (Days | Subject)" };
    struct mem_hook hook = mem_hook_get(), alone = hook;

    alone.alone = true;
    for (int f = 0; f < 2; f++) {
        struct stated s;
        struct place *own, *engine;

        mem_hook_set(alone);
        s = state("sleepstudy", formulas[f], "gaussian", METHOD_REML, 1);
        own = place_new(s.fit, NULL, -1, NULL, NULL);
        engine = place_new(s.fit, NULL, -1, NULL, NULL);
        cr_assert(place_begin(engine, NULL) && own->lmm == NULL && engine->lmm != NULL);
        for (int i = 0; i < place_count(own); i++)
            cr_expect_float_eq(place_error(own, i), place_error(engine, i), 1e-4 * place_error(engine, i), "%s, %d: %g, %g",
                               formulas[f], i, place_error(own, i), place_error(engine, i));
        place_free(own);
        place_free(engine);
        stated_clear(&s);
        mem_hook_set(hook);
    }
}

/* Of a model with structures: correlations elsewhere with all else as estimated, and other shares of the residual in what varies,
 * which is as much as before. */
Test(place, structured_starts_elsewhere)
{
    static const double shares[] = { NAN, 0.5, 0.05, 0.9 };
    struct stated s = state("sleepstudy", "Reaction ~ Days + ar1(0 + factor(Days) | Subject)", "gaussian", METHOD_REML, 1);
    struct place *place = place_new(s.fit, NULL, -1, NULL, NULL);
    int sigma, n = place_count(place), told = 0;
    double psi[8];

    cr_assert(place_begin(place, NULL));
    cr_assert(place->structured && n <= 8);
    sigma = rowcov_along_find(place->along, &(struct along_parameter){ ALONG_SIGMA, -1, 0, 0 });
    cr_expect_not(place_start(place, 0, -1, psi));
    for (int k = 1; k < place_start_count(place); k++) {
        bool there = place_start(place, k, -1, psi), turned = false;
        double residual[2], effects[2] = { 0 };

        if (k < 4)
            cr_assert(there, "start %d", k);
        if (!there)
            continue;
        for (int i = 0; i < n; i++) {
            if (!rowcov_along_is_sd(place->along, i) && i != sigma)
                turned = turned || psi[i] != place->estimate[i];
            else if (k < 4)
                cr_expect_eq(psi[i], place->estimate[i], "start %d, parameter %d", k, i);
            if (rowcov_along_is_sd(place->along, i))
                for (int j = 0; j < 2; j++) {
                    double at = j == 0 ? place->estimate[i] : psi[i];

                    effects[j] += pow(rowcov_along_is_root(place->along, i) ? at * at : at, 2);
                }
        }
        cr_expect_eq(turned, k % 4 != 0, "start %d", k);
        residual[0] = exp(2 * place->estimate[sigma]);
        residual[1] = exp(2 * psi[sigma]);
        cr_expect_float_eq((effects[1] + residual[1]) / (effects[0] + residual[0]), 1, 1e-10, "start %d", k);
        if (k >= 4)
            cr_expect_float_eq(residual[1] / (effects[1] + residual[1]), shares[k / 4], 1e-10, "start %d", k);
        told += k >= 4;
    }
    cr_expect_gt(told, 3);
    place_free(place);
    stated_clear(&s);
}

/* A shape that a fit holds at its limit is free in the profiles of all else, and has one itself, with one end.  The slope in its
 * coordinate against differences; glmmTMB 1.1.5 with size held (map=) has the criterion 3.8415 above its minimum at the ends. */
static void free_at_limit(const char *family, const enum interval_end ends[2], double finite)
{
    struct stated s = state("penicillin", "diameter ~ 1 + (1 | sample)", family, METHOD_LAPLACE, 1);
    struct parameter shape = find(s.fit, PARAMETER_DISPERSION, 0), sample = find(s.fit, PARAMETER_SD, 0);
    struct interval interval = interval_of(s.fit, &shape);
    struct place *place = place_new(s.fit, NULL, -1, NULL, NULL);
    int w = place_coordinate(place, &shape), n = place_count(place);
    double psi[16], slope[16], unused[16], step = 1e-4;

    cr_assert(place_has_limit(s.fit));
    cr_assert_eq(w, n - 1);
    memcpy(psi, place_estimate(place), sizeof(double) * (size_t)n);
    cr_expect_float_eq(place_value(place, psi), s.fit->criterion, 1e-6);
    for (double at = 0.02; at < 1; at *= 3) {
        double above, below;

        psi[w] = at + step;
        above = place_value(place, psi);
        psi[w] = at - step;
        below = place_value(place, psi);
        psi[w] = at;
        cr_assert(place_value_of(place, psi, slope) < MINIMIZE_BAD);
        cr_expect_float_eq(slope[w], (above - below) / (2 * step), 1e-5 * fmax(1, fabs(slope[w])));
        psi[w] = -at;
        cr_expect_float_eq(place_value_of(place, psi, unused), 0.5 * (above + below), 1e-4);
        cr_expect_float_eq(unused[w], -slope[w], 1e-9 * fmax(1, fabs(slope[w])));
    }
    cr_expect_eq(interval.lower_end, ends[0]);
    cr_expect_eq(interval.upper_end, ends[1]);
    cr_expect_float_eq(ends[0] == END_FOUND ? interval.lower : interval.upper, finite, 1e-4 * finite);
    cr_expect(ends[0] == END_FOUND ? isinf(interval.upper) : interval.lower == 0);
    interval = interval_of(s.fit, &sample);
    cr_expect_float_eq(interval.lower, 0.02194, 1e-5); /* as of a Poisson model: these counts vary less */
    cr_expect_float_eq(interval.upper, 0.1500, 1e-4);
    place_free(place);
    stated_clear(&s);
}

Test(place, shapes_at_their_limit_are_free)
{
    const enum interval_end above[] = { END_FOUND, END_NONE }, below[] = { END_EDGE, END_FOUND };

    free_at_limit("nbinom2", above, 777.82012);
    free_at_limit("nbinom1", below, 0.029560117);
}

/* The slopes are those of the criterion by differences of the fourth order, in units of the errors. */
static void expect_slopes(struct place *place, double psi[])
{
    static const double steps[] = { 1, -1, 2, -2 }, weights[] = { 8, -8, -1, 1 };
    double slope[8];

    cr_assert(place_value_of(place, psi, slope) < MINIMIZE_BAD);
    for (int i = 0; i < place_count(place); i++) {
        double at = psi[i], size = place_sizes(place)[i], sum = 0;

        for (int s = 0; s < 4; s++) {
            psi[i] = at + steps[s] * 1e-3 * size;
            sum += weights[s] * place_value(place, psi) / (12 * 1e-3);
        }
        psi[i] = at;
        cr_expect_float_eq(slope[i] * size, sum, 1e-6, "slope %d at %g: %.12g for %.12g", i, at, slope[i] * size, sum);
    }
}

/* The criterion's minima where a parameter is held, and its slopes there. */
static void expect_heights(const char *data, const struct spec *spec, enum fit_method method, enum parameter_kind kind, int count,
                           const double held[], const double heights[])
{
    const struct fit_options options = { .method = method };
    struct stated s = state_spec(data, spec, &options);
    struct parameter parameter = find(s.fit, kind, 0);
    struct place *place = place_new(s.fit, NULL, -1, NULL, NULL);
    int at = place_coordinate(place, &parameter);
    double psi[8];

    cr_assert(place_begin(place, NULL));
    memcpy(psi, place_estimate(place), sizeof(double) * (size_t)place_count(place));
    for (int i = 0; i < count; i++) {
        bool settled, stopped = false;
        double value;

        psi[at] = held[i];
        value = place_minimize(place, at, psi, &settled, &stopped);
        cr_expect(settled, "held at %g", held[i]);
        cr_expect_float_eq(value, heights[i], 1e-6, "held at %g: %.12g", held[i], value);
        expect_slopes(place, psi);
    }
    place_free(place);
    stated_clear(&s);
}

/* Beside an effect for each row, where the logarithms of the residual variances run to infinity by a slope, those of all rows but
 * one are 0 soon: the criterion keeps its digits there, and its minima are those of the marginal density (R's optim; from 1.3 on
 * its limit, where one row alone has a residual variance). */
Test(place, heights_hold_where_effects_take_their_rows)
{
    static const double held[] = { 1.0, 1.2, 1.3, 1.33, 1.36 };
    static const double heights[] = { 230.258206505, 231.286556562, 232.448733164, 232.986299424, 233.628288238 };
    const struct spec spec = { .formula = "y ~ x + (1 | row)", .disp = "~ x" };

    expect_heights("../tests/cases/89-t-with-an-effect-for-each-row/data", &spec, METHOD_ML, PARAMETER_SD, 5, held, heights);
}

/* The same in the space of the rows: effects with an autocorrelation take the residual of a t that is normal (R's optim of the
 * marginal density). */
Test(place, heights_hold_where_a_structure_takes_the_rows)
{
    static const double rho[] = { 0.95, 0.9, 0.8, 0.7, 0.5 };
    static const double heights[] = { 11.6949914173, 14.3935390906, 18.9281542593, 22.3710550182, 27.4609379765 };
    const struct spec spec = { .formula = "yt ~ x + ar1(0 + factor(t) | id)", .family = "t" };
    double held[5];

    for (int i = 0; i < 5; i++)
        held[i] = asin(rho[i]);
    expect_heights("../tests/cases/133-profiles-at-the-edges-of-structures/a", &spec, METHOD_LAPLACE, PARAMETER_STRUCTURE, 5,
                   held, heights);
}
