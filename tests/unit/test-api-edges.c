/* test-api-edges.c -- each function of <glmm.h> that gets one of several, before the first and behind the last of them; each that
 * takes options, with those of a later version; each that takes a level of intervals, with none: nothing, or an error that names
 * the argument. */
#include <criterion/criterion.h>

#include <math.h>
#include <stddef.h>
#include <string.h>

#include "study.h"

static const char *const groups[] = { "a", "a", "a", "b", "b", "b", "c", "c", "c", "d", "d", "d" };
static const char *const kinds[] = { "u", "v", "u", "v", "u", "v", "u", "v", "u", "v", "u", "v" };
static const double number[] = { 1, 2, 4, 2, 3, 5, 1, 3, 3, 4, 6, 8 }, along[] = { 1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3 };

static struct study study_new(const char *formula)
{
    struct study study;
    struct glmm_error err = { 0 };

    study.data = glmm_data_new(12, &err);
    cr_assert(glmm_data_add_real(study.data, "y", number, &err) && glmm_data_add_real(study.data, "x", along, &err)
              && glmm_data_add_factor(study.data, "g", groups, &err) && glmm_data_add_factor(study.data, "k", kinds, &err));
    study_fit(&study, formula, NULL);
    return study;
}

/* Of indices -1 and `count` there is nothing; of 0 there is, but not into NULL. */
#define EDGES(get, count, out)                                                                                                   \
    do {                                                                                                                         \
        cr_expect((count) > 0 && get(0, &(out)), "%s has a first", #get);                                                        \
        cr_expect(!get(-1, &(out)) && !get(count, &(out)) && !get(0, NULL), "%s has no more", #get);                             \
    } while (0)

Test(api_edges, of_a_fit)
{
    struct study s = study_new("y ~ x + (1 | g)");
    struct glmm_random random;
    struct glmm_part_coefficient part;
    struct glmm_error err = { 0 };
    double five[5];

#define RANDOM(index, out) glmm_fit_random(s.fit, index, out)
    EDGES(RANDOM, glmm_fit_random_count(s.fit), random);
    cr_expect(!glmm_fit_part(s.fit, "zi", 0, &part) && !glmm_fit_part(s.fit, NULL, 0, &part));
    cr_expect(glmm_fit_fixed_name(s.fit, -1) == NULL && glmm_fit_fixed_name(s.fit, 2) == NULL);
    for (int term = -1; term < 2; term += 2) {
        REFUSED(glmm_fit_with_rows(s.fit, term, 0, 3, five, five, &err), "term");
        REFUSED(glmm_fit_turn(s.fit, term, 1, &err), "term");
    }
    REFUSED(glmm_fit_with_rows(s.fit, 0, -1, 3, five, five, &err), "level");
    REFUSED(glmm_fit_with_rows(s.fit, 0, 4, 3, five, five, &err), "level");
    REFUSED(glmm_fit_with_rows(s.fit, 0, 0, -1, five, five, &err), "rows");
    REFUSED(glmm_fit_with_rows(s.fit, 0, 0, INFINITY, five, five, &err), "rows");
    REFUSED(glmm_fit_turn(s.fit, 0, -1, &err), "factor");
    REFUSED(glmm_fit_turn(s.fit, 0, INFINITY, &err), "factor");
    study_clear(&s);
}

Test(api_edges, of_what_is_made_of_a_fit)
{
    struct study s = study_new("y ~ x + (1 | g)");
    struct glmm_error err = { 0 };
    struct glmm_confint_options wald = { .size = sizeof wald, .method = GLMM_WALD };
    struct glmm_confint *confint = glmm_confint_new(s.fit, &wald, &err);
    struct glmm_diagnosis *diagnosis = glmm_diagnosis_new(s.fit, 100, 1, NULL, &err);
    struct glmm_influence *influence = glmm_influence_new(s.fit, "g", 0, NULL, &err);
    struct glmm_shrinkage *shrinkage = glmm_shrinkage_new(s.fit, "g", NULL, NULL, &err);
    struct glmm_interval interval;
    struct glmm_check check;
    struct glmm_moved moved;
    struct glmm_shrunk shrunk;
    int lower[4], upper[4];

    cr_assert(confint != NULL && diagnosis != NULL && influence != NULL && shrinkage != NULL, "%s", err.message);
#define CONFINT(index, out) glmm_confint_get(confint, index, out)
    EDGES(CONFINT, glmm_confint_count(confint), interval);
#define CHECK(index, out) glmm_diagnosis_get(diagnosis, index, out)
    EDGES(CHECK, glmm_diagnosis_count(diagnosis), check);
#define MOVED(index, out) glmm_influence_get(influence, index, out)
    EDGES(MOVED, glmm_influence_count(influence), moved);
#define SHRUNK(index, out) glmm_shrinkage_get(shrinkage, index, out)
    EDGES(SHRUNK, glmm_shrinkage_count(shrinkage), shrunk);
    REFUSED(glmm_shrinkage_ranks(shrinkage, 2, 1, lower, upper, &err), "level");
    REFUSED(glmm_shrinkage_ranks(shrinkage, 0.9, 1, NULL, upper, &err), "lower");
    REFUSED(glmm_shrinkage_ranks(shrinkage, 0.9, 1, lower, NULL, &err), "upper");
    wald.level = 2;
    REFUSED(glmm_confint_new(s.fit, &wald, &err), "level");
    wald.size = sizeof wald + 8;
    cr_expect_null(glmm_confint_new(s.fit, &wald, &err));
    glmm_confint_free(confint);
    glmm_diagnosis_free(diagnosis);
    glmm_influence_free(influence);
    glmm_shrinkage_free(shrinkage);
    study_clear(&s);
}

Test(api_edges, of_means)
{
    static const char *const variables[] = { "k", NULL }, *const broken[] = { "\xff", NULL };
    struct study s = study_new("y ~ k * x + (1 | g)");
    struct glmm_error err = { 0 };
    struct glmm_means_options how = { .size = sizeof how };
    struct glmm_means *means = glmm_means_new(s.fit, variables, &how, &err);
    struct glmm_contrasts *contrasts = glmm_contrasts_new(means, NULL, &err);
    struct glmm_region regions[GLMM_REGIONS];
    struct glmm_estimate estimate;

    cr_assert(means != NULL && contrasts != NULL, "%s", err.message);
#define MEAN(index, out) glmm_means_get(means, index, NULL, out, &err)
    EDGES(MEAN, glmm_means_count(means), estimate);
#define CONTRAST(index, out) glmm_contrasts_get(contrasts, index, NULL, out)
    EDGES(CONTRAST, glmm_contrasts_count(contrasts), estimate);
    REFUSED(glmm_means_new(s.fit, broken, &how, &err), "variables");
    how.within = -1;
    REFUSED(glmm_means_new(s.fit, variables, &how, &err), "within");
    how.within = 2;
    REFUSED(glmm_means_new(s.fit, variables, &how, &err), "within");
    how = (struct glmm_means_options){ .size = sizeof how, .level = 1.5 };
    REFUSED(glmm_means_new(s.fit, variables, &how, &err), "level");
    REFUSED(glmm_slope_regions(s.fit, "x", "k", &how, regions, &err) >= 0, "level");
    how = (struct glmm_means_options){ .size = sizeof how + 8 };
    cr_expect_null(glmm_means_new(s.fit, variables, &how, &err));
    cr_expect_lt(glmm_slope_regions(s.fit, "x", "k", &how, regions, &err), 0);
    glmm_contrasts_free(contrasts);
    glmm_means_free(means);
    study_clear(&s);
}

Test(api_edges, of_a_stated_study)
{
    static const char *const half[] = { "0.5" }, *const none[] = { NULL };
    const struct glmm_stated good = { "x", half, 1 };
    const struct glmm_stated bad[] = { { NULL, half, 1 }, { "x", half, 0 }, { "x", NULL, 1 }, { "x", none, 1 } };
    struct glmm_study_options study = { .size = sizeof study, .rows = 40, .replicates = 20, .beta_count = 1 };
    struct glmm_error err = { 0 };
    struct glmm_power power, same;

    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
        study.beta = &bad[k];
        REFUSED(glmm_power_stated("y ~ x", &study, &power, &err), "beta");
        study.beta = &good;
        study.at = &bad[k];
        study.at_count = 1;
        REFUSED(glmm_power_stated("y ~ x", &study, &power, &err), "at");
        study.at_count = 0;
    }
    study.between = none;
    study.between_count = 1;
    REFUSED(glmm_power_stated("y ~ x", &study, &power, &err), "between");
    study.between_count = 0;
    study.dispersion = 1;
    REFUSED(glmm_power_stated("y ~ x", &study, &power, &err), "dispersion");
    study.dispersion = 0;
    study.rows = 0;
    REFUSED(glmm_power_stated("y ~ x", &study, &power, &err), "rows");
    study.rows = 40;
    cr_assert(glmm_power_stated("y ~ x", &study, &power, &err), "%s", err.message);
    study.alpha = 0.05;
    study.sigma = 1;
    study.of = "x";
    cr_assert(glmm_power_stated("y ~ x", &study, &same, &err), "%s", err.message);
    cr_expect(power.power == same.power && power.used == same.used); /* these are the defaults */
    study.size = sizeof study + 8;
    cr_expect(!glmm_power_stated("y ~ x", &study, &power, &err));
}

/* Four studies of two arms in a row each. */
static struct glmm_data *trials(struct glmm_error *err)
{
    static const double events[2][4] = { { 3, 9, 4, 8 }, { 6, 11, 9, 10 } },
                        sizes[2][4] = { { 20, 30, 25, 40 }, { 22, 31, 24, 41 } };
    struct glmm_data *data = glmm_data_new(4, err);

    cr_assert(glmm_data_add_real(data, "treated", events[0], err) && glmm_data_add_real(data, "of_treated", sizes[0], err)
              && glmm_data_add_real(data, "control", events[1], err) && glmm_data_add_real(data, "of_control", sizes[1], err));
    return data;
}

Test(api_edges, of_studies)
{
    static const char *const events[2] = { "treated", "control" }, *const n[2] = { "of_treated", "of_control" };
    static const char *const half[2] = { "treated", NULL }, *const wrong[2] = { "treated", "nothing" };
    struct glmm_error err = { 0 };
    struct glmm_meta_options how = { .size = sizeof how };
    struct glmm_data *data = trials(&err);
    struct glmm_meta *meta = glmm_meta_new(data, events, n, &how, &err);
    struct glmm_meta_effect effect;
    struct glmm_meta_study study;
    struct glmm_meta_facts facts;

    cr_assert(meta != NULL && glmm_meta_facts(meta, &facts), "%s", err.message);
#define EFFECT(index, out) glmm_meta_effect(meta, index, out)
    EDGES(EFFECT, facts.effects, effect);
#define STUDY(index, out) glmm_meta_study(meta, index, out)
    EDGES(STUDY, facts.studies, study);
    cr_expect(!glmm_meta_facts(meta, NULL));
    cr_expect_float_eq(study.effect, log(3.0 / 17 * 16 / 6), 1e-12); /* of the first: its own odds ratio */
    REFUSED(glmm_meta_new(data, half, n, &how, &err), "events");
    REFUSED(glmm_meta_new(data, events, half, &how, &err), "n");
    REFUSED(glmm_meta_new(data, wrong, n, &how, &err), "events");
    REFUSED(glmm_meta_new(data, events, wrong, &how, &err), "n");
    how.level = 2;
    REFUSED(glmm_meta_new(data, events, n, &how, &err), "level");
    how.size = sizeof how + 8;
    cr_expect_null(glmm_meta_new(data, events, n, &how, &err));
    glmm_meta_free(meta);
    glmm_data_free(data);
}
