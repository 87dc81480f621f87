/* identify.c -- what the data determine, and nothing else, in 2,000 simulated linear fits and 1,200 others (`make check-slow`):
 * no undetermined quantity is reported as if it were determined, and no determined one is withheld.  Of linear models the
 * variances are held against the rank of dense matrices, and the same model written in another order says the same; models of all
 * other kinds are held against the model that has only what is determined. */
#include "identify-kinds.h"
#include "identify-shapes.h"

struct counts {
    int passed, failed, refused, open;
};

static void check_shape(const char *data, uint64_t set, int i, bool reml, struct counts *counts)
{
    struct glmm_error err = { 0 };
    struct shaped a, b = { 0 };
    const char *wrong = NULL;

    if (!shape_fit(data, shape_formulas[i][0], reml, &a, &err)) {
        printf("set %llu, %s: refused: %s\n", (unsigned long long)set, shape_formulas[i][0], err.message);
        counts->refused++;
    } else {
        counts->open += a.fit->identity != NULL;
        wrong = shape_check(&a, reml);
        if (wrong == NULL && !shape_fit(data, shape_formulas[i][1], reml, &b, &err))
            wrong = err.message;
        wrong = wrong != NULL ? wrong : shape_same(&a, &b);
        if (wrong != NULL)
            printf("set %llu, %s, %s: %s\n", (unsigned long long)set, shape_formulas[i][0], reml ? "REML" : "ML", wrong);
        counts->failed += wrong != NULL;
        counts->passed += wrong == NULL;
    }
    shape_clear(&a);
    shape_clear(&b);
}

static void linear(int fits, struct counts *counts)
{
    for (uint64_t set = 0; counts->passed + counts->failed + counts->refused < fits; set++) {
        struct rng rng;
        char *data;

        rng_init(&rng, 20, set);
        data = shape_data(&rng);
        for (int i = 0; data != NULL && i < SHAPES && counts->passed + counts->failed + counts->refused < fits; i++)
            check_shape(data, set, i, rng_below(&rng, 4) > 0, counts);
        free(data);
    }
}

int main(int argc, char **argv)
{
    int fits = argc > 1 ? atoi(argv[1]) : 2000, others = 0, wrong = 0, refused = 0;
    struct counts counts = { 0 };

    setvbuf(stdout, NULL, _IOLBF, 0);
    for (uint64_t set = 0; others + refused < fits * 3 / 5; set++)
        wrong += kind_sets(set, 0, 1, &others, &refused);
    linear(fits, &counts);
    printf("%d linear fits, %d of them not identified, %d refused; %d fits of other kinds, %d refused\n",
           counts.passed + counts.failed, counts.open, counts.refused, others, refused);
    printf("%d passed, %d failed\n", counts.passed + others + refused - wrong, counts.failed + wrong);
    return counts.failed + wrong > 0 || counts.passed == 0;
}
