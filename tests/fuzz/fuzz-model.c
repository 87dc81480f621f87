/* fuzz-model.c -- each line as a model's formula and options: a fit, or an error that says what is wrong with it.
 *
 * What is fitted is shown in full, so that each kind of model passes the tables.  Long fits are stopped after some steps. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "driver.h"
#include "script.h"

static const char table[] =
    "y,x,g,h,k,n,o,p,t\n1.5,1,a,u,1,4,1,.2,1\n2.5,2,a,v,3,5,2,.5,2\n-3,NA,b,u,2,4,3,.9,1\n4,4,b,v,0,6,2,0,2\n5.5,-5,c,u,4,4,1,1,"
    "1\n"
    "6,6,c,NA,1,4,3,.4,2\n7,0,d,v,1,3,3,.3,1\n2,1,d,u,2,3,2,.6,2\n1,2,a,v,0,4,1,.5,3\n3,3,b,u,0,4,2,.25,3\n";

static const char *const seeds[] = {
    "k ~ x + (1 | g), family=poisson zi=~1",
    "k ~ x + (1 | g), family=nbinom2 zi=~h + (1 | g) disp=~x",
    "y ~ x + (1 | g), disp=~h",
    "cbind(k, n - k) ~ h + (1 | g), family=binomial prior=\"fixed ~ normal(0, 2.5), sd ~ gamma(2.5, 0)\"",
    "k > 1 ~ x, family=binomial prior=\"jeffreys\"",
    "y ~ x + (x | g), prior=\"cov ~ wishart(4.5)\"",
    "ordered(o) ~ x + (1 | g), family=cumulative link=probit",
    "y ~ t + ar1(0 + factor(t) | g)",
    "y ~ x + diag(1 + x | g), residual=\"ar1(t | g)\"",
    "y ~ x + cs(0 + h | g), method=ml",
    "p ~ x + (1 | g), family=ordbeta",
    "k ~ x + (1 | g), family=compois; k ~ x, family=genpois",
    "k ~ x + (1 | g), family=truncated_poisson; k ~ x + offset(log(n)) + (1 | g:h), family=nbinom1",
    "y ~ x + (1 | g, K = K)",
    "k ~ x + (1 | g), family=poisson method=is nodes=5",
    "y ~ poly(x, 2) + (1 | g/h), weights=n where=x > 0 data=d",
    "cbind(k, n - k) ~ x + (1 | g), family=betabinomial link=cloglog; p ~ x, family=beta link=probit where=o > 1",
    "y + 4 ~ x + (1 | g), family=tweedie where=y > -3.5; y + 4 ~ x, family=tweedie(1.5)",
    "k + 1 ~ x + (1 | g), family=truncated_nbinom1; k + 1 ~ x, family=truncated_nbinom2 disp=~h",
    "k ~ x + (1 | g), family=poisson link=sqrt zi=~1 + (1 | g); y + 4 ~ x, family=Gamma link=identity",
    "k > 1 ~ x + (1 | g), family=binomial link=cauchit nodes=7; ordered(o) ~ x, family=ordinal link=cloglog",
    "y + 4 ~ x + (1 | g), family=inverse.gaussian link=\"1/mu^2\"; y + 4 ~ x, family=gaussian link=inverse",
    "y ~ t + homcs(0 + h | g) + homdiag(0 + factor(t) | g); y ~ x + us(x | g) + (x || h)",
    "y ~ t + hetar1(0 + factor(t) | g); y ~ t + toep(0 + factor(t) | g) + homtoep(0 + factor(t) | h)",
    "y ~ t + ou(0 + t | g); y ~ x + exp(0 + pos(x, t) | g); y ~ x + gau(0 + pos(x, t) | g) + mat(0 + pos(t) | h)",
    "y ~ x + (1 | g, by = h); y ~ x + ar1(0 + factor(t) | g, by = h); y ~ x + (x | g, K = K)",
    "y ~ x, residual=\"arh1(t | g)\"; y ~ x, residual=\"car1(t | g)\"; y ~ x, residual=\"cs(t | g)\"",
    "y ~ x, residual=\"toep(t | g)\"; y ~ x, residual=\"us(t | g)\"; y ~ x, residual=\"diag(h)\"",
    "y ~ x, residual=\"ar1(t | g, by = h)\" method=reml; k ~ x + (1 | g), family=poisson method=pql",
    "y ~ ns(x, df = 3) + bs(t, 4) + (1 | g), prior=\"(Intercept) ~ cauchy(0, 10); sd(g, x) ~ normal(0, 10); x ~ t(3, 0, 1)\"",
    "k ~ x + (1 | g), family=poisson zi=~x prior=\"zi ~ normal(0, 2); zi(x) ~ normal(0, 1); jeffreys\" contrasts=sum",
    "y ~ x + (1 | g), family=t(4); y ~ x + (1 | g), family=lognormal; y + 4 ~ x + (1 | g), family=inverse.gaussian",
    NULL
};

enum { STEPS = 600, LONGEST = 300 };

const long fuzz_rounds = 300;

const char *const *fuzz_seeds(void)
{
    return seeds;
}

/* No number that is none, in what is shown for a program. */
static void check_shown(const char *text, size_t length)
{
    check(utf8_invalid(text, length) < 0);
    check(strstr(text, "-nan") == NULL && strstr(text, "1.#") == NULL);
}

static void try_line(const char *line, size_t length)
{
    struct text script = { 0 }, all = { 0 };
    struct session *session = script_session(&all);

    script_run(session, "load d.csv as d; matrix K = k.csv", STEPS);
    text_add(&script, "fit m = ");
    text_add_bytes(&script, line, length);
    text_add(&script, "\nsummary\nranef\nvarcorr\nset format json\nsummary\nmodel\n");
    script_run(session, text_string(&script), STEPS);
    check_shown(text_string(&all), all.length);
    session_free(session);
    text_clear(&script);
    text_clear(&all);
}

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    check(file != NULL);
    fputs(text, file);
    fclose(file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *told;
    size_t length;

    if (size > LONGEST || memchr(data, '/', size) != NULL || memchr(data, '\n', size) != NULL)
        return 0; /* no path out of the folder, and one line */
    write_file("d.csv", table);
    write_file("k.csv", "id,a,b,c,d\na,1,0.5,0,0\nb,0.5,1,0.2,0\nc,0,0.2,1,0\nd,0,0,0,1\n");
    told_begin();
    try_line((const char *)data, strnlen((const char *)data, size));
    told = told_end(&length);
    check(utf8_invalid(told, length) < 0);
    return 0;
}
