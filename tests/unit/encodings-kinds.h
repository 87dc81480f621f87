/* encodings-kinds.h -- pairs of encodings of test-encodings.c: of the families and structures beside the common ones, and of what
 * is computed from their fits. */
#ifndef TESTS_ENCODINGS_KINDS_H
#define TESTS_ENCODINGS_KINDS_H

#define SHARES     "let v = 1 / (1 + exp(-z)); "
#define ENDS       "let v = ifelse(z < -1.5, 0, ifelse(z > 2, 1, 1 / (1 + exp(-z)))); "
#define AMOUNTS    "let w = ifelse(e == 1, 0, exp(z)); "
#define POSITIVE   "let w = exp(z); "
#define INFLATED   "let y = ifelse(e == 1, 0, 2 * y + 1); "
#define CATEGORIES "let o = ifelse(y == 0, 1, ifelse(y == 1, 2, 3)); factor o; "
#define NEAR       "matrix A = near(places, px, py, range=2); use d; "
#define AVERAGES   "; margins a; predict, at=\"a=a1,a3, x=0.5\"; means a; contrast a; slopes x"
#define DERIVED    AVERAGES "; icc"
#define GRID       "; predict, at=\"a=a1,a2,a3, b=b1,b2, x=0\"; margins a; means a; contrast a; slopes x"

#define FIT   "fit loglik; fit npar; fit random.sd; fit optimum.verdict"
#define FIXED "; fit fixed.estimate; fit fixed.se; fit fixed.p"
#define OF_AVERAGES                                                                                                              \
    "; margins rows.estimate; margins rows.se; margins rows.typical; predict rows.estimate; predict rows.se; means "             \
    "rows.estimate; contrast rows.estimate; contrast rows.p; slopes rows.estimate; slopes rows.se"
#define OF_DERIVED OF_AVERAGES "; icc rows.icc; icc rows.icc_adjusted"
#define OF_GRID                                                                                                                  \
    "; predict rows.estimate; predict rows.se; margins rows.estimate; margins rows.se; margins rows.typical; means "             \
    "rows.estimate; means rows.se; contrast rows.estimate; contrast rows.p; slopes rows.estimate"
#define TWICE(script)                                                                                                            \
    {                                                                                                                            \
        script, script                                                                                                           \
    }

static const struct encoding encodings_of_kinds[] = {
    /* families */
    { "beta, rows", { 0, SHUFFLED }, TWICE(SHARES "fit v ~ a + x + (1 | g), family=beta" DERIVED), FIT FIXED OF_DERIVED },
    { "beta, contrasts",
      { 0, 0 },
      { SHARES "fit v ~ a * b + x + (1 | g), family=beta" GRID,
        SHARES "fit v ~ a * b + x + (1 | g), family=beta contrasts=sum" GRID },
      FIT OF_GRID },
    { "beta, threads", { 0, THREADS }, TWICE(SHARES "fit v ~ a + x + (x | g), family=beta" DERIVED), FIT FIXED OF_DERIVED },
    { "shares with ends, rows",
      { 0, SHUFFLED },
      TWICE(ENDS "fit v ~ a + x + (1 | g), family=ordbeta" DERIVED),
      FIT FIXED OF_DERIVED },
    { "shares with ends, terms",
      { 0, 0 },
      { ENDS "fit v ~ a * b + x + (1 | g) + (1 | h), family=ordbeta" GRID,
        ENDS "fit v ~ 0 + a:b + x + (1 | h) + (1 | g), family=ordbeta" GRID },
      "fit loglik; fit npar; fit optimum.verdict" OF_GRID },
    { "tweedie, rows", { 0, SHUFFLED }, TWICE(AMOUNTS "fit w ~ a + x + (1 | g), family=tweedie" DERIVED), FIT FIXED OF_DERIVED },
    { "tweedie, contrasts",
      { 0, 0 },
      { AMOUNTS "fit w ~ a * b + x + (1 | g), family=tweedie" GRID,
        AMOUNTS "fit w ~ a * b + x + (1 | g), family=tweedie contrasts=helmert" GRID },
      FIT OF_GRID },
    { "compois, rows", { 0, SHUFFLED }, TWICE("fit y ~ a + x + (1 | g), family=compois" DERIVED), FIT FIXED OF_DERIVED },
    { "compois, cell means",
      { 0, 0 },
      { "fit y ~ a * b + x + (1 | g), family=compois" GRID, "fit y ~ 0 + a:b + x + (1 | g), family=compois" GRID },
      FIT OF_GRID },
    { "Gamma, units of a predictor",
      { 0, 0 },
      { POSITIVE "fit w ~ a + x + (x | g), family=Gamma; margins a; means a; contrast a",
        POSITIVE "fit w ~ a + x1024 + (x1024 | g), family=Gamma; margins a; means a; contrast a" },
      "fit loglik; fit fixed.statistic; fit optimum.verdict; margins rows.estimate; margins rows.se; means rows.estimate; "
      "contrast rows.estimate; contrast rows.p" },
    { "lognormal, rows",
      { 0, SHUFFLED },
      TWICE(POSITIVE "fit w ~ a + x + (1 | g), family=lognormal" DERIVED),
      FIT FIXED OF_DERIVED },
    { "betabinomial, levels",
      { 0, TURNED },
      { "fit cbind(y, n - y) ~ a + x + (1 | g), family=betabinomial; predict, at=\"a=a1,a2,a3, x=0\"; icc",
        "fit cbind(y, n - y) ~ a + x + (1 | g), family=betabinomial; predict, at=\"a=z3,z2,z1, x=0\"; icc" },
      "fit loglik; fit npar; fit random.sd; fit optimum.verdict; predict rows.estimate; predict rows.se; icc rows.icc" },
    { "rows and trials, all that is derived",
      { BY_TRIAL, 0 },
      { "fit y ~ a + x + (1 | g), family=binomial" DERIVED, "fit cbind(y, n - y) ~ a + x + (1 | g), family=binomial" DERIVED },
      "fit npar; fit random.sd; fit optimum.verdict" FIXED OF_DERIVED },
    { "rows and trials, nodes",
      { BY_TRIAL, 0 },
      { "fit y ~ a + x + (1 | g), family=binomial nodes=9" DERIVED,
        "fit cbind(y, n - y) ~ a + x + (1 | g), family=binomial nodes=9" DERIVED },
      "fit npar; fit random.sd; fit optimum.verdict" FIXED OF_DERIVED },
    /* other predictors */
    { "zi= with groups, rows",
      { 0, SHUFFLED },
      TWICE(INFLATED "fit y ~ a + x + (1 | g), family=poisson zi=~b+(1|h); means a; slopes x"),
      FIT FIXED "; fit zi.estimate; fit zi.se; means rows.estimate; slopes rows.se" },
    { "zi=, threads",
      { 0, THREADS },
      TWICE(INFLATED "fit y ~ a + x + (1 | g), family=nbinom2 zi=~b" AVERAGES),
      FIT FIXED "; fit zi.estimate; fit zi.se" OF_AVERAGES },
    { "a hurdle, contrasts",
      { 0, 0 },
      { INFLATED "fit y ~ a * b + x + (1 | g), family=truncated_poisson zi=~a*b" GRID,
        INFLATED "fit y ~ a * b + x + (1 | g), family=truncated_poisson zi=~a*b contrasts=sum" GRID },
      FIT OF_GRID },
    { "disp= with groups, rows",
      { 0, SHUFFLED },
      TWICE("fit z ~ a + x + (1 | g), disp=~b+(1|h)" AVERAGES),
      FIT FIXED "; fit disp.estimate; fit disp.se" OF_AVERAGES },
    { "disp= of shares, contrasts",
      { 0, 0 },
      { SHARES "fit v ~ a * b + x + (1 | g), family=beta disp=~a*b" GRID,
        SHARES "fit v ~ a * b + x + (1 | g), family=beta disp=~a*b contrasts=helmert" GRID },
      FIT OF_GRID },
    /* structures */
    { "K=, rows and names in another order",
      { 0, SHUFFLED },
      TWICE(NEAR "fit z ~ a + x + (1 | g, K = A) + (1 | h)" DERIVED),
      FIT FIXED "; fit fixed.df" OF_DERIVED },
    { "K=, names of levels",
      { 0, RENAMED | TURNED },
      { NEAR "fit z ~ x + (1 | g, K = A); icc; slopes x", NEAR "fit z ~ x + (1 | g, K = A); icc; slopes x" },
      FIT FIXED "; fit fixed.df; icc rows.icc; slopes rows.estimate; slopes rows.se" },
    { "K= of counts, contrasts",
      { 0, 0 },
      { NEAR "fit y ~ a * b + x + (1 | g, K = A), family=poisson" GRID,
        NEAR "fit y ~ a * b + x + (1 | g, K = A), family=poisson contrasts=sum" GRID },
      FIT OF_GRID },
    { "K=, threads",
      { 0, THREADS },
      TWICE(NEAR "fit z ~ a + x + (1 | g, K = A) + (x | h)" DERIVED),
      FIT FIXED "; fit fixed.df" OF_DERIVED },
    { "K= of trials",
      { BY_TRIAL, 0 },
      { NEAR "fit y ~ a + x + (1 | g, K = A), family=binomial" DERIVED,
        NEAR "fit cbind(y, n - y) ~ a + x + (1 | g, K = A), family=binomial" DERIVED },
      "fit npar; fit random.sd; fit optimum.verdict" FIXED OF_DERIVED },
    { "residual=, rows",
      { 0, SHUFFLED },
      TWICE("fit z ~ a + x + (1 | h), residual=\"ar1(s | g)\"" DERIVED),
      FIT FIXED "; fit sigma" OF_DERIVED },
    { "residual=, contrasts",
      { 0, 0 },
      { "fit z ~ a * b + x, residual=\"diag(b)\" method=ml" GRID,
        "fit z ~ a * b + x, residual=\"diag(b)\" method=ml contrasts=helmert" GRID },
      "fit loglik; fit npar; fit optimum.verdict" OF_GRID },
    { "residual=, threads",
      { 0, THREADS },
      TWICE("fit z ~ a + x + (1 | g), residual=\"arh1(s | g)\" where=s<6" AVERAGES),
      FIT FIXED OF_AVERAGES },
    { "residual=, the unit of times",
      { 0, 0 },
      { "fit z ~ x + (1 | h), residual=\"car1(s | g)\"; slopes x",
        "let s = 60 * s; fit z ~ x + (1 | h), residual=\"car1(s | g)\"; slopes x" },
      FIT FIXED "; fit sigma; slopes rows.se" },
    { "by=, rows", { 0, SHUFFLED }, TWICE("fit z ~ a + x + (1 | g, by = b)" DERIVED), FIT FIXED OF_DERIVED },
    { "cs, units",
      { 0, 0 },
      { "fit z ~ x + cs(0 + b | g); icc", "fit I(z * 1024) ~ x + cs(0 + b | g); icc" },
      "fit npar; fit fixed.statistic; fit fixed.p; fit optimum.verdict; icc rows.icc" },
    /* ordered categories */
    { "ordered categories, contrasts with an empty cell",
      { 0, 0 },
      { CATEGORIES "fit o ~ a * b + x + (1 | g), family=cumulative" GRID,
        CATEGORIES "fit o ~ a * b + x + (1 | g), family=cumulative contrasts=sum" GRID },
      "fit loglik; fit npar; fit random.sd; fit optimum.verdict; predict rows.estimate; margins rows.estimate; means "
      "rows.estimate; means rows.se; contrast rows.estimate; contrast rows.p; slopes rows.estimate" },
    { "ordered categories, threads",
      { 0, THREADS },
      TWICE(CATEGORIES "fit o ~ a + x + (1 | g) + (1 | h), family=cumulative" DERIVED),
      FIT FIXED OF_DERIVED },
    /* beside mixed models */
    { "estimating equations, rows",
      { 0, SHUFFLED },
      TWICE("gee z ~ a + x, id=g corr=ar1 wave=s"),
      "gee fixed.estimate; gee fixed.se; gee fixed.mancl_se; gee alpha; gee dispersion; gee qic" },
    { "estimating equations, contrasts",
      { 0, 0 },
      { "gee y ~ a * b + x, id=g family=poisson", "gee y ~ a * b + x, id=g family=poisson contrasts=sum" },
      "gee alpha; gee dispersion; gee qic" },
    { "estimating equations, names of clusters",
      { 0, RENAMED },
      TWICE("gee y ~ a + x, id=g family=poisson corr=exchangeable"),
      "gee fixed.estimate; gee fixed.se; gee alpha; gee qic" },
    { "imputed data, rows",
      { IMPUTED, IMPUTED | SHUFFLED },
      TWICE("fit z ~ a + x + (1 | g); margins a; predict, at=\"a=a1,a3, x=0.5\"; means a; contrast a; slopes x"),
      "fit fixed.estimate; fit fixed.se; fit fixed.p; fit fixed.df; margins rows.estimate; margins rows.se; predict "
      "rows.estimate; predict rows.se; means rows.estimate; contrast rows.p; slopes rows.se" },
    { "imputed data, contrasts",
      { IMPUTED, IMPUTED },
      { "fit z ~ a * b + x + (1 | g)" GRID, "fit z ~ a * b + x + (1 | g), contrasts=sum" GRID },
      "fit npar" OF_GRID },
    { "imputed data, contrasts with a cell that one imputation has not",
      { IMPUTED, IMPUTED },
      { "fit z ~ a * c + x + (1 | g); predict, at=\"a=a1,a2,a3, c=b1,b2, x=0\"; margins a; means a",
        "fit z ~ a * c + x + (1 | g), contrasts=sum; predict, at=\"a=a1,a2,a3, c=b1,b2, x=0\"; margins a; means a" },
      "fit npar; predict rows.estimate; predict rows.se; margins rows.estimate; margins rows.se; means rows.estimate" },
    { "imputed ordered categories, contrasts",
      { IMPUTED, IMPUTED },
      { CATEGORIES "fit o ~ a * b + x + (1 | g), family=cumulative; margins a; slopes x",
        CATEGORIES "fit o ~ a * b + x + (1 | g), family=cumulative contrasts=sum; margins a; slopes x" },
      "fit npar; margins rows.estimate; margins rows.se; slopes rows.se" },
    { "imputed data, rows and trials",
      { IMPUTED | BY_TRIAL, IMPUTED },
      { "fit y ~ a + x + (1 | g), family=binomial; margins a; predict, at=\"a=a1,a3, x=0.5\"; means a; slopes x",
        "fit cbind(y, n - y) ~ a + x + (1 | g), family=binomial; margins a; predict, at=\"a=a1,a3, x=0.5\"; means a; slopes x" },
      "fit fixed.estimate; fit fixed.se; fit fixed.df; margins rows.estimate; margins rows.se; predict rows.estimate; predict "
      "rows.se; means rows.estimate; slopes rows.se" },
    { "imputed data, threads",
      { IMPUTED, IMPUTED | THREADS },
      TWICE("fit y ~ a + x + (1 | g), family=poisson; margins a; means a"),
      "fit fixed.estimate; fit fixed.se; margins rows.estimate; margins rows.se; means rows.estimate" },
    { "studies, rows and wide",
      { 0, 0 },
      TWICE("load nielweise2007; meta events n, arm=arm study=study"),
      "meta effect; meta se; meta tau; meta loglik" },
};

#endif
