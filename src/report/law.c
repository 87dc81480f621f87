/* law.c -- see law.h. */
#include "report/law.h"

const char *lrt_law(struct arena *arena, const struct lrt *lrt)
{
    switch (lrt->reference) {
    case LRT_CHISQ:
        return arena_printf(arena, "chi2(%d)", lrt->df);
    case LRT_MIXTURE:
        return arena_printf(arena, "0.5 chi2(%.0f) + 0.5 chi2(%.0f)", lrt->mixture_df[0], lrt->mixture_df[1]);
    case LRT_CONSERVATIVE:
        return arena_printf(arena, "chi2(%d), conservative", lrt->df);
    case LRT_NONE:
        break;
    }
    return "no test";
}

const char *lrt_reference_name(enum lrt_reference reference)
{
    static const char *const names[] = {
        [LRT_CHISQ] = "chisq", [LRT_MIXTURE] = "mixture", [LRT_CONSERVATIVE] = "conservative", [LRT_NONE] = "none"
    };

    return names[reference];
}

struct value *lrt_mixture(struct arena *arena, const struct lrt *lrt)
{
    struct value *mixture, *part;

    if (lrt->mixture_count == 0)
        return value_null(arena);
    mixture = value_array(arena);
    for (int i = 0; i < lrt->mixture_count; i++) {
        part = value_append(mixture, value_object(arena));
        value_set(arena, part, "df", value_integer(arena, (long long)lrt->mixture_df[i]));
        value_set(arena, part, "weight", value_real(arena, lrt->mixture_weight[i]));
    }
    return mixture;
}

struct value *lrt_value(struct arena *arena, const struct lrt *lrt)
{
    struct value *value;

    if (lrt->reference == LRT_NONE)
        return value_null(arena);
    value = value_object(arena);
    value_set(arena, value, "chisq", value_real(arena, lrt->chisq));
    value_set(arena, value, "df", value_integer(arena, lrt->df));
    value_set(arena, value, "p", value_real(arena, lrt->p));
    value_set(arena, value, "reference", value_string(arena, lrt_reference_name(lrt->reference)));
    value_set(arena, value, "mixture", lrt_mixture(arena, lrt));
    return value;
}
