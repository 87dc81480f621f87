/* relation-private.h -- what the ways to make a relationship matrix share. */
#ifndef MODEL_RELATION_PRIVATE_H
#define MODEL_RELATION_PRIVATE_H

#include "model/relation.h"

/* Open addressing over ids: places[slot] is an index or -1. */
struct relation_names {
    char **ids;
    int32_t *places;
    size_t slots;
};

bool relation_names_init(struct relation_names *n, char **ids, int32_t room);
size_t relation_names_slot(const struct relation_names *n, const char *id);

void relation_ids_free(char **ids, int32_t count);

/* The names in a column, as texts (new); NULL with an error: a row without one, memory. */
char **relation_ids(const struct column *c, size_t rows, struct glmm_error *err);

/* Room for `count` ids and their matrix, zeroed; false with an error. */
bool relation_room(size_t count, char ***ids, double **values, struct glmm_error *err);

static inline bool is_numeric(const struct column *c)
{
    return c->type == COLUMN_REAL || c->type == COLUMN_INTEGER;
}

#endif
