/* identify-aside.c -- random effects within the fixed ones, kept while it is sought what is determined: identify-private.h. */
#include "base/memory.h"
#include "fit/identify-private.h"

bool aside_init(struct aside *aside, int most)
{
    *aside = (struct aside){ .terms = NEW_ARRAY(struct random_design, most + 1) };
    return aside->terms != NULL;
}

void aside_clear(struct aside *aside)
{
    for (int t = 0; t < aside->count; t++)
        mem_free(aside->terms[t].z);
    mem_free(aside->terms);
}

bool aside_add(struct aside *aside, const struct design *design, const struct unit *unit)
{
    const struct random_design *random = &design->random[unit->term];
    struct random_design *to = &aside->terms[aside->count];
    size_t k = (size_t)random->k, first = unit->effect < 0 ? 0 : (size_t)unit->effect, width = unit->effect < 0 ? k : 1;
    double *z = mem_alloc(design->n, width * sizeof *z);

    if (z == NULL)
        return false;
    for (size_t i = 0; i < design->n; i++)
        for (size_t a = 0; a < width; a++)
            z[i * width + a] = random->z == NULL ? 1.0 : random->z[i * k + first + a];
    *to = *random;
    to->z = z;
    to->k = (int)width;
    aside->count++;
    return true;
}
