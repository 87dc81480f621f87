/* ratio.c -- see ratio.h. */
#include "infer/ratio.h"

#include <math.h>
#include <string.h>

#include "fit/fit.h"
#include "model/family.h"

static bool is_identity(const struct model *model)
{
    return model->link->kind == LINK_IDENTITY;
}

double ratio_log_base(const struct model *model)
{
    static const struct {
        const char *function;
        double base;
    } known[] = { { "log", M_E }, { "log2", 2 }, { "log10", 10 } };
    const struct expr *response = model->formula->response;

    if (response == NULL || response->kind != EXPR_CALL || !is_identity(model) || response->arguments == NULL
        || response->arguments->next != NULL)
        return 0;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(response->text, known[i].function) == 0)
            return known[i].base;
    return 0;
}

/* "z + 1" of "log(z + 1)": what the response is the logarithm of; the arena's. */
static const char *inside_of(const struct model *model, struct arena *arena)
{
    return expr_deparse(arena, model->formula->response->arguments);
}

const char *ratio_of_what(const struct model *model, struct arena *arena)
{
    const char *inside = NULL, *words = NULL;

    if (ratio_log_base(model) > 0 && model->formula->response->arguments->kind != EXPR_NAME)
        inside = inside_of(model, arena);
    if (inside != NULL)
        words = arena_printf(arena, " of %s", inside);
    return words == NULL ? "" : words;
}

double ratio_mean_base(const struct model *model)
{
    return is_identity(model) && model->link->ratio != NULL ? M_E : ratio_log_base(model);
}

const char *ratio_base_name(const struct model *model)
{
    double base = ratio_log_base(model);

    return base == 2 ? "2" : base == 10 ? "10" : "e";
}

const char *ratio_mean_of(const struct model *model, struct arena *arena)
{
    const char *response = model->design->response, *inside = NULL;

    if (ratio_log_base(model) > 0)
        inside = inside_of(model, arena);
    return inside == NULL ? response : inside;
}

bool ratio_is_meaningless(const struct model *model)
{
    const struct expr *response = model->formula->response;

    return response != NULL && is_identity(model) && response->kind != EXPR_NAME && ratio_log_base(model) == 0;
}

bool ratio_of_model(const struct model *model, struct ratio *out)
{
    double base = ratio_log_base(model);

    if (base > 0)
        *out = (struct ratio){ "ratio of geometric means", base };
    else if (model->link->ratio != NULL)
        *out = (struct ratio){ model->link->ratio, M_E };
    else
        return false;
    return true;
}

void ratio_turn(const struct ratio *ratio, double *estimate, double *se, double *lower, double *upper)
{
    *estimate = pow(ratio->base, *estimate);
    *se *= *estimate * log(ratio->base);
    *lower = pow(ratio->base, *lower);
    *upper = pow(ratio->base, *upper);
}

double ratio_of_log(double difference)
{
    return exp(difference);
}

double ratio_log(double ratio)
{
    return log(ratio);
}
