/* identify.c -- what the data determine, and nothing else, in 2,000 simulated fits (`make check-slow`): no undetermined variance
 * is reported as if it were determined, and no determined one is withheld, against the rank of dense matrices; and the same model
 * written in another order says the same. */
#include "identify-shapes.h"

int main(int argc, char **argv)
{
    int fits = argc > 1 ? atoi(argv[1]) : 2000, passed = 0, failed = 0, refused = 0, open = 0;

    for (int set = 0; passed + failed + refused < fits; set++) {
        struct rng rng;
        char *data;

        rng_init(&rng, 20, (uint64_t)set);
        data = shape_data(&rng);
        for (int i = 0; data != NULL && i < SHAPES && passed + failed + refused < fits; i++) {
            bool reml = rng_below(&rng, 4) > 0;
            struct glmm_error err = { 0 };
            struct shaped a, b = { 0 };
            const char *wrong = NULL;

            if (!shape_fit(data, shape_formulas[i][0], reml, &a, &err)) {
                printf("set %d, %s: refused: %s\n", set, shape_formulas[i][0], err.message);
                refused++;
            } else {
                open += a.fit->identity != NULL;
                wrong = shape_check(&a, reml);
                if (wrong == NULL && !shape_fit(data, shape_formulas[i][1], reml, &b, &err))
                    wrong = err.message;
                wrong = wrong != NULL ? wrong : shape_same(&a, &b);
                if (wrong != NULL)
                    printf("set %d, %s, %s: %s\n", set, shape_formulas[i][0], reml ? "REML" : "ML", wrong);
                failed += wrong != NULL;
                passed += wrong == NULL;
            }
            shape_clear(&a);
            shape_clear(&b);
        }
        free(data);
    }
    printf("%d fits, %d of them not identified, %d refused\n%d passed, %d failed\n", passed + failed, open, refused, passed,
           failed);
    return failed > 0 || passed == 0;
}
