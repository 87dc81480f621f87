/* encodings-inference.h -- pairs of encodings of test-encodings.c: of what is inferred from fits, `compare`, `confint` and
 * `diagnose`.
 *
 * Draws follow the order of the rows, so that of `diagnose` the p-values are the same only where the rows stand as they stood. */
#ifndef TESTS_ENCODINGS_INFERENCE_H
#define TESTS_ENCODINGS_INFERENCE_H

#define LEVELS3 "let o = ifelse(y == 0, 1, ifelse(y == 1, 2, 3)); factor o; "
#define SHARE   "let v = 1 / (1 + exp(-z)); "
#define EXCESS  "let y = ifelse(e == 1, 0, 2 * y + 1); "
#define RELATED "matrix A = near(places, px, py, range=2); use d; "
#define ALL     "; compare m1 m2; confint m2; diagnose m2, influence=g"
#define WALD    "; compare m1 m2; confint m2, method=wald; diagnose m2, influence=g"

#define COMPARED "compare tests.chisq; compare tests.df; compare tests.p; compare models.delta_aic; compare models.npar"
#define BOUNDS   "; confint intervals.estimate; confint intervals.lower; confint intervals.upper"
#define OF_SDS   "; confint intervals{sd}.estimate; confint intervals{sd}.lower; confint intervals{sd}.upper"
#define LEFT_OUT "; diagnose influence.move; diagnose influence.cook; diagnose influence.level"
#define MODES    "; diagnose checks{modes}.statistic"
#define STEADY                                                                                                                   \
    "; diagnose checks{uniformity}.statistic; diagnose checks{uniformity}.p; diagnose checks{outliers}.p; diagnose "             \
    "checks{modes}.statistic"
#define CHECKS "; diagnose checks.check; diagnose checks.statistic; diagnose checks.p; diagnose checks.verdict"

static const struct encoding encodings_of_inference[] = {
    { "inference, rows and trials",
      { BY_TRIAL, 0 },
      { "fit m1 = y ~ x + (1 | g), family=binomial; fit m2 = y ~ x + b + (1 | g), family=binomial" ALL,
        "fit m1 = cbind(y, n - y) ~ x + (1 | g), family=binomial; fit m2 = cbind(y, n - y) ~ x + b + (1 | g), "
        "family=binomial" ALL },
      COMPARED BOUNDS LEFT_OUT MODES },
    { "inference, rows and trials by quadrature",
      { BY_TRIAL, 0 },
      { "fit m1 = y ~ x, family=binomial; fit m2 = y ~ x + (1 | g), family=binomial nodes=9" ALL,
        "fit m1 = cbind(y, n - y) ~ x, family=binomial; fit m2 = cbind(y, n - y) ~ x + (1 | g), family=binomial nodes=9" ALL },
      COMPARED BOUNDS LEFT_OUT MODES },
    { "inference, contrasts with an empty cell",
      { 0, 0 },
      { "fit m1 = z ~ a + b + (1 | g), method=ml; fit m2 = z ~ a * b + (1 | g), method=ml" ALL,
        "fit m1 = z ~ a + b + (1 | g), method=ml contrasts=sum; fit m2 = z ~ a * b + (1 | g), method=ml contrasts=sum" ALL },
      COMPARED OF_SDS "; confint intervals{sigma}.lower; diagnose influence.cook" STEADY },
    { "inference of counts, cell means",
      { 0, 0 },
      { "fit m1 = y ~ x + (1 | g), family=poisson; fit m2 = y ~ a * b + x + (1 | g), family=poisson" ALL,
        "fit m1 = y ~ x + (1 | g), family=poisson; fit m2 = y ~ 0 + a:b + x + (1 | g), family=poisson" ALL },
      COMPARED OF_SDS "; confint intervals{x}.lower; confint intervals{x}.upper; diagnose influence.cook" STEADY },
    { "inference, the order of terms",
      { 0, 0 },
      { "fit m1 = z ~ a + x + (1 | g); fit m2 = z ~ a + x + b + (1 | g) + (1 | h)" ALL,
        "fit m1 = z ~ x + a + (1 | g); fit m2 = z ~ b + x + a + (1 | h) + (1 | g)" ALL },
      COMPARED
      "; confint intervals{x}.lower; confint intervals{x}.upper; confint intervals{g}.lower; confint intervals{g}.upper; "
      "confint intervals{h}.lower; confint intervals{h}.upper; confint intervals{sigma}.upper" LEFT_OUT },
    { "inference, the order of rows",
      { 0, SHUFFLED },
      TWICE("fit m1 = z ~ a + x + (1 | g); fit m2 = z ~ a + x + (x | g)" ALL),
      COMPARED BOUNDS LEFT_OUT MODES },
    { "inference of counts, the order of rows",
      { 0, SHUFFLED },
      TWICE("fit m1 = y ~ a + x, family=nbinom2; fit m2 = y ~ a + x + (1 | g), family=nbinom2" ALL),
      COMPARED BOUNDS LEFT_OUT MODES },
    { "inference, the names of levels",
      { 0, RENAMED },
      TWICE("fit m1 = z ~ x + (1 | g); fit m2 = z ~ x + (x | g)" ALL),
      COMPARED BOUNDS "; diagnose influence.move; diagnose influence.cook" CHECKS },
    { "inference, the order of levels and another reference",
      { 0, TURNED },
      TWICE("fit m1 = z ~ x + (1 | g), method=ml; fit m2 = z ~ a + x + (1 | g), method=ml" ALL),
      COMPARED OF_SDS "; confint intervals{x}.lower; confint intervals{x}.upper; confint intervals{sigma}.lower; diagnose "
                      "influence.cook" MODES },
    { "inference, the unit of a predictor",
      { 0, 0 },
      { "fit m1 = z ~ a + (1 | g), method=ml; fit m2 = z ~ x + a + (1 | g), method=ml" ALL,
        "fit m1 = z ~ a + (1 | g), method=ml; fit m2 = z ~ x1024 + a + (1 | g), method=ml" ALL },
      COMPARED OF_SDS "; confint intervals{sigma}.lower; confint intervals{aa2}.lower; confint intervals{aa3}.upper; diagnose "
                      "influence.move; diagnose influence.cook" CHECKS },
    { "inference of counts, the unit of a slope",
      { 0, 0 },
      { "fit m1 = y ~ x + (1 | g), family=poisson; fit m2 = y ~ x + (x | g), family=poisson" ALL,
        "fit m1 = y ~ x1024 + (1 | g), family=poisson; fit m2 = y ~ x1024 + (x1024 | g), family=poisson" ALL },
      COMPARED
      "; confint intervals{(Intercept)}.lower; confint intervals{(Intercept)}.upper; confint intervals{corr}.lower; confint "
      "intervals{corr}.upper; diagnose influence.move; diagnose influence.cook" CHECKS },
    { "inference, the unit of the response",
      { 0, 0 },
      { "fit m1 = z ~ x + (1 | g); fit m2 = z ~ x + (1 | g) + (1 | h)" ALL,
        "let z = 1024 * z; fit m1 = z ~ x + (1 | g); fit m2 = z ~ x + (1 | g) + (1 | h)" ALL },
      "compare tests.chisq; compare tests.p; compare models.delta_aic; diagnose influence.move; diagnose influence.cook; "
      "diagnose checks.p; "
      "diagnose checks.verdict" },
    { "inference of shares, threads",
      { 0, THREADS },
      TWICE(SHARE "fit m1 = v ~ x + (1 | g), family=beta; fit m2 = v ~ a + x + (1 | g), family=beta" ALL),
      COMPARED BOUNDS LEFT_OUT CHECKS },
    { "inference beside zi=, the order of rows",
      { 0, SHUFFLED },
      TWICE(EXCESS "fit m1 = y ~ x + (1 | g), family=poisson zi=~1; fit m2 = y ~ x + (1 | g), family=poisson zi=~b" WALD),
      COMPARED BOUNDS LEFT_OUT MODES },
    { "inference of ordered categories, contrasts",
      { 0, 0 },
      { LEVELS3 "fit m1 = o ~ x + (1 | g), family=cumulative; fit m2 = o ~ a + x + (1 | g), family=cumulative" ALL, LEVELS3
        "fit m1 = o ~ x + (1 | g), family=cumulative; fit m2 = o ~ a + x + (1 | g), family=cumulative contrasts=sum" ALL },
      COMPARED OF_SDS "; confint intervals{x}.lower; confint intervals{x}.upper" },
    { "inference beside residual=, the order of rows",
      { 0, SHUFFLED },
      TWICE("fit m1 = z ~ x + (1 | h), residual=\"cs(s | g)\" where=s<6; fit m2 = z ~ a + x + (1 | h), residual=\"cs(s | g)\" "
            "where=s<6; compare m1 m2; confint m2, method=wald"),
      COMPARED BOUNDS },
    { "inference beside K=, names of levels",
      { 0, RENAMED | TURNED },
      TWICE(RELATED "fit m1 = z ~ 1 + (1 | g, K = A); fit m2 = z ~ x + (1 | g, K = A); compare m1 m2; confint m2"),
      COMPARED BOUNDS },
    { "inference of a proportion of trials",
      { 0, 0 },
      { "fit m1 = cbind(y, n - y) ~ x + (1 | g), family=binomial; fit m2 = cbind(y, n - y) ~ x + (x | g), family=binomial" ALL,
        "fit m1 = p ~ x + (1 | g), family=binomial trials=n; fit m2 = p ~ x + (x | g), family=binomial trials=n" ALL },
      COMPARED BOUNDS LEFT_OUT CHECKS },
    { "inference, an offset in the formula",
      { 0, 0 },
      { "fit m1 = y ~ offset(log(e)) + (1 | g), family=nbinom2; fit m2 = y ~ x + offset(log(e)) + (1 | g), family=nbinom2" ALL,
        "fit m1 = y ~ 1 + (1 | g), family=nbinom2 offset=log(e); fit m2 = y ~ x + (1 | g), family=nbinom2 offset=log(e)" ALL },
      COMPARED BOUNDS LEFT_OUT CHECKS },
    { "inference of slopes, helmert contrasts",
      { 0, 0 },
      { "fit m1 = z ~ a + x + (1 | g); fit m2 = z ~ a + x + (x | g)" ALL,
        "fit m1 = z ~ a + x + (1 | g), contrasts=helmert; fit m2 = z ~ a + x + (x | g), contrasts=helmert" ALL },
      COMPARED OF_SDS "; confint intervals{corr}.lower; confint intervals{x}.upper; diagnose influence.cook" STEADY },
    { "inference of counts, levels turned",
      { 0, TURNED },
      TWICE("fit m1 = y ~ x + (1 | g), family=poisson; fit m2 = y ~ a + x + (1 | g) + (1 | h), family=poisson" ALL),
      COMPARED OF_SDS "; confint intervals{x}.lower; diagnose influence.cook" MODES },
    { "inference beside disp=, the order of terms",
      { 0, 0 },
      { "fit m1 = z ~ x + (1 | g), disp=~b; fit m2 = z ~ x + (1 | g), disp=~b + x; compare m1 m2; confint m2; diagnose m2",
        "fit m1 = z ~ x + (1 | g), disp=~b; fit m2 = z ~ x + (1 | g), disp=~x + b; compare m1 m2; confint m2; diagnose m2" },
      COMPARED OF_SDS STEADY },
    { "inference of trials, units",
      { 0, 0 },
      { "fit m1 = cbind(y, n - y) ~ x + (1 | g), family=betabinomial; fit m2 = cbind(y, n - y) ~ x + b + (1 | g), "
        "family=betabinomial" ALL,
        "fit m1 = cbind(y, n - y) ~ x1024 + (1 | g), family=betabinomial; fit m2 = cbind(y, n - y) ~ x1024 + b + (1 | g), "
        "family=betabinomial" ALL },
      COMPARED OF_SDS "; confint intervals{bb2}.lower; confint intervals{bb2}.upper; diagnose influence.move" CHECKS },
};

#endif
