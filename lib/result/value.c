/* value.c -- see value.h.  A list is singly linked with its last item at hand, so that appending keeps the order. */
#include "result/value.h"

#include <string.h>

static struct value *value_new(struct arena *arena, enum value_type type)
{
    struct value *value = arena_alloc(arena, 1, sizeof *value);

    if (value != NULL)
        value->type = type;
    return value;
}

struct value *value_null(struct arena *arena)
{
    return value_new(arena, VALUE_NULL);
}

struct value *value_bool(struct arena *arena, bool truth)
{
    struct value *value = value_new(arena, VALUE_BOOL);

    if (value != NULL)
        value->as.truth = truth;
    return value;
}

struct value *value_integer(struct arena *arena, long long integer)
{
    struct value *value = value_new(arena, VALUE_INTEGER);

    if (value != NULL)
        value->as.integer = integer;
    return value;
}

struct value *value_real(struct arena *arena, double real)
{
    struct value *value = value_new(arena, VALUE_REAL);

    if (value != NULL)
        value->as.real = real;
    return value;
}

struct value *value_string(struct arena *arena, const char *string)
{
    struct value *value;

    if (string == NULL)
        return value_null(arena);
    value = value_new(arena, VALUE_STRING);
    if (value == NULL)
        return NULL;
    value->as.string = arena_strdup(arena, string);
    return value->as.string == NULL ? NULL : value;
}

struct value *value_array(struct arena *arena)
{
    return value_new(arena, VALUE_ARRAY);
}

struct value *value_object(struct arena *arena)
{
    return value_new(arena, VALUE_OBJECT);
}

struct value *value_reals(struct arena *arena, const double *items, size_t count)
{
    struct value *array = value_array(arena);

    if (array == NULL)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        if (value_append(array, value_real(arena, items[i])) == NULL)
            return NULL;
    }
    return array;
}

struct value *value_strings(struct arena *arena, const char *const *items, size_t count)
{
    struct value *array = value_array(arena);

    if (array == NULL)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        if (value_append(array, value_string(arena, items[i])) == NULL)
            return NULL;
    }
    return array;
}

struct value *value_matrix(struct arena *arena, const double *items, size_t rows, size_t columns, size_t ld)
{
    struct value *array = value_array(arena), *row;

    if (array == NULL)
        return NULL;
    for (size_t i = 0; i < rows; i++) {
        row = value_append(array, value_array(arena));
        if (row == NULL)
            return NULL;
        for (size_t j = 0; j < columns; j++) {
            if (value_append(row, value_real(arena, items[i + j * ld])) == NULL)
                return NULL;
        }
    }
    return array;
}

struct value *value_append(struct value *array, struct value *item)
{
    if (array == NULL || item == NULL)
        return NULL;
    if (array->as.list.last == NULL)
        array->as.list.first = item;
    else
        array->as.list.last->next = item;
    array->as.list.last = item;
    array->as.list.count++;
    return item;
}

struct value *value_set(struct arena *arena, struct value *object, const char *key, struct value *item)
{
    if (object == NULL || item == NULL)
        return NULL;
    item->key = arena_strdup(arena, key);
    return item->key == NULL ? NULL : value_append(object, item);
}

const struct value *value_get(const struct value *object, const char *key)
{
    if (object == NULL || object->type != VALUE_OBJECT)
        return NULL;
    for (const struct value *member = object->as.list.first; member != NULL; member = member->next) {
        if (strcmp(member->key, key) == 0)
            return member;
    }
    return NULL;
}
