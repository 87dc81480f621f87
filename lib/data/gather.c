/* gather.c -- columns whose values come from several others: what append, merge and reshape are made of.  See verbs.h. */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "data/imputation.h"
#include "data/level-set.h"
#include "data/look.h"
#include "data/verbs.h"

/* --- one column ----------------------------------------------------------------------------------- */

/* The type that holds the values of all; a mixture of numbers and other things is read as texts. */
static enum column_type common_type(const struct column *const from[], size_t count)
{
    bool same = true, numbers = true;

    for (size_t k = 0; k < count; k++) {
        same = same && from[k]->type == from[0]->type;
        numbers = numbers && column_is_number(from[k]);
    }
    return same ? from[0]->type : numbers ? COLUMN_REAL : COLUMN_FACTOR;
}

static bool same_levels(const struct column *a, const struct column *b)
{
    if (a->type != COLUMN_FACTOR || b->type != COLUMN_FACTOR || a->level_count != b->level_count)
        return false;
    for (int32_t l = 0; a->levels != b->levels && l < a->level_count; l++)
        if (strcmp(a->levels[l], b->levels[l]) != 0)
            return false;
    return true;
}

/* All have the levels of the first: codes are taken as they are. */
static bool gather_codes(struct column *out, const struct column *const from[], const int32_t which[], const size_t row[],
                         size_t count, const struct glmm_progress *progress, struct glmm_error *err)
{
    const struct column *first = from[0];

    out->contrast = first->contrast;
    out->reference = first->reference;
    if ((out->levels = mem_zalloc((size_t)first->level_count, sizeof *out->levels)) == NULL)
        return fail_memory(err);
    for (; out->level_count < first->level_count; out->level_count++)
        if ((out->levels[out->level_count] = mem_strdup(first->levels[out->level_count])) == NULL)
            return fail_memory(err);
    for (size_t i = 0; i < count; i++) {
        if (!look_at_row(progress, i, err))
            return false;
        out->as.code[i] = which[i] < 0 ? -1 : from[which[i]]->as.code[row[i]];
    }
    return true;
}

/* The texts of all, sorted. */
static bool gather_texts(struct column *out, const struct column *const from[], const int32_t which[], const size_t row[],
                         size_t count, const struct glmm_progress *progress, struct glmm_error *err)
{
    struct level_set set = { 0 };
    enum level_found found = LEVEL_FOUND;
    char buffer[40];
    bool stopped = false;

    for (size_t i = 0; found == LEVEL_FOUND && i < count && !(stopped = !look_at_row(progress, i, err)); i++) {
        uint32_t place = LEVEL_NONE;
        const char *text;

        if (which[i] >= 0 && !column_missing(from[which[i]], row[i])) {
            text = column_text(from[which[i]], row[i], buffer);
            found = level_find(&set, text, strlen(text), &place);
        }
        out->as.code[i] = (int32_t)place;
    }
    if (found == LEVEL_TOO_MANY)
        fail(err, GLMM_E_LIMIT, NOWHERE, "%s would have too many levels", out->name);
    else if (found != LEVEL_FOUND)
        fail_memory(err);
    else if (!stopped) {
        out->level_count = set.count;
        if (!level_take(&set, out->as.code, count, &out->levels, &out->level_block)) {
            out->level_count = 0;
            found = LEVEL_MEMORY;
            fail_memory(err);
        }
    }
    level_clear(&set);
    return found == LEVEL_FOUND && !stopped;
}

static bool gather_values(struct column *out, const struct column *const from[], const int32_t which[], const size_t row[],
                          size_t count, const struct glmm_progress *progress, struct glmm_error *err)
{
    for (size_t i = 0; i < count; i++) {
        bool none = which[i] < 0 || column_missing(from[which[i]], row[i]);

        if (!look_at_row(progress, i, err))
            return false;
        if (out->type == COLUMN_REAL)
            out->as.real[i] = none ? (double)NAN : column_real(from[which[i]], row[i]);
        else if (out->type == COLUMN_INTEGER || out->type == COLUMN_DATE)
            out->as.integer[i] = none ? COLUMN_NA : from[which[i]]->as.integer[row[i]];
        else
            out->as.logical[i] = none ? -1 : from[which[i]]->as.logical[row[i]];
    }
    return true;
}

bool column_gather(struct column *out, const char *name, const struct column *const from[], size_t from_count,
                   const int32_t which[], const size_t row[], size_t count, const struct glmm_progress *progress,
                   struct glmm_error *err)
{
    bool ok, same = true;

    *out = (struct column){ .name = mem_strdup(name), .type = common_type(from, from_count), .imputation = from[0]->imputation };
    out->as.any = mem_alloc(count, out->type == COLUMN_REAL ? sizeof(double) : sizeof(int32_t));
    ok = (out->name != NULL && out->as.any != NULL) || fail_memory(err);
    for (size_t k = 1; k < from_count; k++)
        same = same && same_levels(from[0], from[k]);
    if (ok && out->type != COLUMN_FACTOR)
        ok = gather_values(out, from, which, row, count, progress, err);
    else if (ok && same && from[0]->type == COLUMN_FACTOR)
        ok = gather_codes(out, from, which, row, count, progress, err);
    else if (ok)
        ok = gather_texts(out, from, which, row, count, progress, err);
    if (ok)
        column_count_missing(out, count);
    else
        column_clear(out);
    return ok;
}

/* --- rows of two frames ---------------------------------------------------------------------------- */

/* Where each row of a new frame comes from: from the left one, the right one, or both; SIZE_MAX: from none. */
struct pairs {
    size_t *left, *right;
    size_t count, left_room, right_room;
};

static void pairs_clear(struct pairs *pairs)
{
    mem_free(pairs->left);
    mem_free(pairs->right);
}

static bool add_pair(struct pairs *pairs, size_t left, size_t right)
{
    void *lefts = pairs->left, *rights = pairs->right;
    bool ok = mem_grow(&lefts, &pairs->left_room, pairs->count + 1, sizeof(size_t));

    pairs->left = lefts;
    ok = ok && mem_grow(&rights, &pairs->right_room, pairs->count + 1, sizeof(size_t));
    pairs->right = rights;
    if (!ok)
        return false;
    pairs->left[pairs->count] = left;
    pairs->right[pairs->count++] = right;
    return true;
}

/* A column of the values of `left`, and where that has no row of `right`; either may be NULL. */
static bool put_pair_column(struct frame *next, const char *name, const struct column *left, const struct column *right,
                            const struct pairs *pairs, const struct glmm_progress *progress, struct glmm_error *err)
{
    const struct column *from[2] = { left != NULL ? left : right, right };
    int32_t *which = mem_alloc(pairs->count, sizeof *which), at_right = left != NULL;
    size_t *row = mem_alloc(pairs->count, sizeof *row);
    struct column column = { 0 };
    bool ok = (which != NULL && row != NULL) || fail_memory(err);

    for (size_t i = 0; ok && i < pairs->count; i++) {
        bool is_left = left != NULL && pairs->left[i] != SIZE_MAX, is_right = right != NULL && pairs->right[i] != SIZE_MAX;

        which[i] = is_left ? 0 : is_right ? at_right : -1;
        row[i] = is_left ? pairs->left[i] : is_right ? pairs->right[i] : 0;
    }
    ok = ok && column_gather(&column, name, from, left != NULL && right != NULL ? 2 : 1, which, row, pairs->count, progress, err)
         && column_keep_imputation(&column, pairs->count, err) && frame_put(next, &column, err);
    column_clear(&column);
    mem_free(which);
    mem_free(row);
    return ok;
}

static struct frame *new_frame(const struct frame *like, size_t rows, struct glmm_error *err)
{
    struct frame *next = frame_new(like->name, rows);

    if (next == NULL)
        fail_memory(err);
    return next;
}

struct frame *frame_stack(const struct frame *above, const struct frame *below, const struct glmm_progress *progress,
                          struct glmm_error *err)
{
    struct frame *next = new_frame(above, above->rows + below->rows, err);
    struct pairs pairs = { 0 };
    bool ok = next != NULL;

    for (size_t i = 0; ok && i < above->rows && (ok = look_at_row(progress, i, err)); i++)
        ok = add_pair(&pairs, i, SIZE_MAX) || fail_memory(err);
    for (size_t i = 0; ok && i < below->rows && (ok = look_at_row(progress, i, err)); i++)
        ok = add_pair(&pairs, SIZE_MAX, i) || fail_memory(err);
    for (size_t j = 0; ok && j < above->column_count; j++)
        ok = put_pair_column(next, above->columns[j].name, &above->columns[j], frame_find(below, above->columns[j].name), &pairs,
                             progress, err);
    for (size_t j = 0; ok && j < below->column_count; j++)
        if (frame_find(above, below->columns[j].name) == NULL)
            ok = put_pair_column(next, below->columns[j].name, NULL, &below->columns[j], &pairs, progress, err);
    pairs_clear(&pairs);
    if (ok)
        return next;
    frame_free(next);
    return NULL;
}

/* --- merge ---------------------------------------------------------------------------------------- */

/* The keys of both frames as numbers: equal where all keys are equal as text; -1 where one is missing. */
static bool number_keys(const struct frame *frame, const char *const keys[], size_t count, struct level_set *set, int64_t *out,
                        const struct glmm_progress *progress, struct glmm_error *err)
{
    struct text key = { 0 };
    char buffer[40];
    bool ok = true, stopped = false;

    for (size_t i = 0; ok && i < frame->rows && !(stopped = !look_at_row(progress, i, err)); i++) {
        uint32_t place;
        bool missing = false;

        text_truncate(&key, 0);
        for (size_t k = 0; k < count; k++) {
            const struct column *column = frame_find(frame, keys[k]);

            missing = missing || column_missing(column, i);
            text_addf(&key, "%s\x1f", column_text(column, i, buffer));
        }
        out[i] = -1;
        if (!missing && (ok = !key.failed && level_find(set, text_string(&key), key.length, &place) == LEVEL_FOUND))
            out[i] = place;
    }
    text_clear(&key);
    return !stopped && (ok || fail_memory(err));
}

/* The rows of the right frame by their keys: a chain each, in order. */
struct chains {
    size_t *head, *next; /* SIZE_MAX ends */
};

static bool chain_rows(struct chains *chains, const int64_t *key, size_t rows, size_t keys)
{
    chains->head = mem_alloc(keys, sizeof *chains->head);
    chains->next = mem_alloc(rows, sizeof *chains->next);
    if (chains->head == NULL || chains->next == NULL)
        return false;
    for (size_t k = 0; k < keys; k++)
        chains->head[k] = SIZE_MAX;
    for (size_t i = rows; i-- > 0;) {
        chains->next[i] = SIZE_MAX;
        if (key[i] < 0)
            continue;
        chains->next[i] = chains->head[key[i]];
        chains->head[key[i]] = i;
    }
    return true;
}

/* Pairs in the order of the left rows, then what the right one has alone. */
static bool pair_rows(const int64_t *left, size_t left_rows, const int64_t *right, size_t right_rows, const struct chains *chains,
                      size_t keys, enum merge_kind kind, struct merge_facts *facts, struct pairs *pairs,
                      const struct glmm_progress *progress, struct glmm_error *err)
{
    size_t *seen = mem_zalloc(keys, sizeof *seen);
    bool ok = seen != NULL;

    for (size_t i = 0; ok && i < left_rows && (ok = look_at_row(progress, i, err)); i++) {
        size_t first = left[i] < 0 ? SIZE_MAX : chains->head[left[i]];

        if (first == SIZE_MAX) {
            facts->left_only++;
            ok = kind == MERGE_INNER || kind == MERGE_RIGHT || add_pair(pairs, i, SIZE_MAX);
            continue;
        }
        facts->matched++;
        facts->left_many = facts->left_many || seen[left[i]] > 0;
        seen[left[i]]++;
        facts->right_many = facts->right_many || chains->next[first] != SIZE_MAX;
        for (size_t r = first; ok && r != SIZE_MAX; r = chains->next[r])
            ok = add_pair(pairs, i, r);
    }
    for (size_t r = 0; ok && r < right_rows && (ok = look_at_row(progress, r, err)); r++)
        if (right[r] < 0 || seen[right[r]] == 0) {
            facts->right_only++;
            ok = kind == MERGE_INNER || kind == MERGE_LEFT || add_pair(pairs, SIZE_MAX, r);
        }
    mem_free(seen);
    return ok || fail_memory(err); /* where it was not stopped: the first error wins */
}

static bool is_key(const char *const keys[], size_t count, const char *name)
{
    for (size_t k = 0; k < count; k++)
        if (strcmp(keys[k], name) == 0)
            return true;
    return false;
}

static bool put_right(struct frame *next, const struct frame *right, const char *const keys[], size_t key_count,
                      const struct pairs *pairs, const struct glmm_progress *progress, struct glmm_error *err)
{
    struct text name = { 0 };
    bool ok = true;

    for (size_t j = 0; ok && j < right->column_count; j++) {
        const struct column *column = &right->columns[j];

        if (is_key(keys, key_count, column->name))
            continue;
        text_truncate(&name, 0);
        text_add(&name, column->name);
        while (!name.failed && frame_find(next, text_string(&name)) != NULL)
            text_addf(&name, ".%s", right->name);
        ok = (!name.failed || fail_memory(err)) && put_pair_column(next, text_string(&name), NULL, column, pairs, progress, err);
    }
    text_clear(&name);
    return ok;
}

struct frame *frame_merge(const struct frame *left, const struct frame *right, const char *const keys[], size_t key_count,
                          enum merge_kind kind, struct merge_facts *facts, const struct glmm_progress *progress,
                          struct glmm_error *err)
{
    int64_t *left_key = mem_alloc(left->rows, sizeof *left_key), *right_key = mem_alloc(right->rows, sizeof *right_key);
    struct level_set set = { 0 };
    struct chains chains = { 0 };
    struct pairs pairs = { 0 };
    struct frame *next = NULL;
    bool ok = (left_key != NULL && right_key != NULL) || fail_memory(err);

    *facts = (struct merge_facts){ 0 };
    ok = ok && number_keys(left, keys, key_count, &set, left_key, progress, err)
         && number_keys(right, keys, key_count, &set, right_key, progress, err)
         && (chain_rows(&chains, right_key, right->rows, set.used + 1) || fail_memory(err))
         && pair_rows(left_key, left->rows, right_key, right->rows, &chains, set.used + 1, kind, facts, &pairs, progress, err);
    if (ok && pairs.count == 0)
        ok = fail(err, GLMM_E_DATA, NOWHERE, "no row of %s has a partner in %s", left->name, right->name);
    ok = ok && (next = new_frame(left, pairs.count, err)) != NULL;
    for (size_t j = 0; ok && j < left->column_count; j++) {
        const char *name = left->columns[j].name;

        ok = put_pair_column(next, name, &left->columns[j], is_key(keys, key_count, name) ? frame_find(right, name) : NULL,
                             &pairs, progress, err);
    }
    ok = ok && put_right(next, right, keys, key_count, &pairs, progress, err);
    level_clear(&set);
    pairs_clear(&pairs);
    mem_free(chains.head);
    mem_free(chains.next);
    mem_free(left_key);
    mem_free(right_key);
    if (ok)
        return next;
    frame_free(next);
    return NULL;
}

/* --- reshape -------------------------------------------------------------------------------------- */

/* Which variable each row of a long frame comes from: a number where all their names are one, else a factor in their order. */
static bool put_names(struct frame *next, const char *name, const char *const names[], size_t count, const char *prefix,
                      struct glmm_error *err)
{
    size_t length = strlen(prefix);
    struct column *column = frame_add(next, name, COLUMN_FACTOR, err);
    bool numbers = true;
    double number;

    if (column == NULL)
        return false;
    column->levels = mem_zalloc(count, sizeof *column->levels);
    if (column->levels == NULL)
        return fail_memory(err);
    for (size_t k = 0; k < count; k++) {
        const char *rest = strncmp(names[k], prefix, length) == 0 && names[k][length] != '\0' ? names[k] + length : names[k];

        if ((column->levels[k] = mem_strdup(rest)) == NULL)
            return fail_memory(err);
        column->level_count++;
        numbers = numbers && parse_number(rest, strlen(rest), &number) && number == floor(number) && fabs(number) < INT32_MAX;
    }
    for (size_t i = 0; count > 0 && i < next->rows; i++) {
        int32_t code = (int32_t)(i % count);

        if (numbers)
            parse_number(column->levels[code], strlen(column->levels[code]), &number);
        column->as.code[i] = numbers ? (int32_t)number : code;
    }
    if (!numbers)
        return true;
    for (int32_t l = 0; l < column->level_count; l++)
        mem_free(column->levels[l]);
    mem_free(column->levels);
    column->levels = NULL;
    column->level_count = 0;
    column->type = COLUMN_INTEGER; /* of the same size */
    return true;
}

struct frame *frame_long(const struct frame *frame, const char *const names[], size_t count, const char *name, const char *value,
                         const char *prefix, const struct glmm_progress *progress, struct glmm_error *err)
{
    const struct column **from = mem_zalloc(count, sizeof *from);
    size_t rows = frame->rows * count, *row = mem_alloc(rows, sizeof *row);
    int32_t *which = mem_alloc(rows, sizeof *which);
    struct frame *rest = frame_share(frame, err), *next = NULL;
    struct column column = { 0 };
    bool ok = rest != NULL && ((from != NULL && row != NULL && which != NULL) || fail_memory(err));

    for (size_t k = 0; ok && k < count; k++) {
        from[k] = frame_find(frame, names[k]);
        frame_drop(rest, names[k]);
    }
    for (size_t i = 0; ok && i < rows; i++) {
        row[i] = i / count;
        which[i] = (int32_t)(i % count);
    }
    ok = ok && (next = frame_rows_watched(rest, row, rows, progress, err)) != NULL
         && put_names(next, name, names, count, prefix, err);
    if (ok && frame_find(next, value) != NULL)
        ok = fail(err, GLMM_E_NAME, NOWHERE, "%s has a variable `%s` already", frame->name, value);
    ok = ok && column_gather(&column, value, from, count, which, row, rows, progress, err) && frame_put(next, &column, err);
    column_clear(&column);
    frame_free(rest);
    mem_free((void *)from);
    mem_free(row);
    mem_free(which);
    if (ok)
        return next;
    frame_free(next);
    return NULL;
}

/* Whether the variable has one value in each group; *ok becomes false where it was stopped. */
static bool is_same(const struct column *column, const struct grouping *grouping, size_t rows, bool *ok,
                    const struct glmm_progress *progress, struct glmm_error *err)
{
    for (size_t i = 0; i < rows && (*ok = look_at_row(progress, i, err)); i++) {
        size_t first = grouping->code[i] < 0 ? i : grouping->first[grouping->code[i]];
        char one[40], other[40];

        if (strcmp(column_text(column, i, one), column_text(column, first, other)) != 0)
            return false;
    }
    return true;
}

/* The cells of the wide variables: the row of each group and level, which must be one at most.  *outside gets the rows in none.
 */
static size_t *wide_cells(const struct frame *frame, const struct grouping *grouping, const int32_t *code, char *const *levels,
                          int32_t level_count, size_t *outside, struct glmm_error *err)
{
    size_t cells = grouping->count * (size_t)level_count, *cell = mem_alloc(cells, sizeof *cell);
    struct text group = { 0 };

    if (cell == NULL) {
        fail_memory(err);
        return NULL;
    }
    memset(cell, 0xff, cells * sizeof *cell);
    for (size_t i = 0; i < frame->rows; i++) {
        size_t place;

        if (grouping->code[i] < 0 || code[i] < 0) {
            ++*outside;
            continue;
        }
        place = (size_t)grouping->code[i] * (size_t)level_count + (size_t)code[i];
        if (cell[place] != SIZE_MAX) {
            row_groups_name(grouping, frame, (size_t)grouping->code[i], &group);
            if (group.failed)
                fail_memory(err);
            fail(err, GLMM_E_DATA, NOWHERE, "rows %zu and %zu are both of %s, %s", cell[place] + 1, i + 1, text_string(&group),
                 levels[code[i]]);
            text_clear(&group);
            mem_free(cell);
            return NULL;
        }
        cell[place] = i;
    }
    return cell;
}

static bool put_wide(struct frame *next, const struct column *from, const char *level, const size_t *cell, size_t at,
                     size_t level_count, const struct glmm_progress *progress, struct glmm_error *err)
{
    int32_t *which = mem_alloc(next->rows, sizeof *which);
    size_t *row = mem_alloc(next->rows, sizeof *row);
    struct column column = { 0 };
    struct text name = { 0 };
    bool ok;

    text_addf(&name, "%s_%s", from->name, level);
    ok = (which != NULL && row != NULL && !name.failed) || fail_memory(err);
    for (size_t g = 0; ok && g < next->rows; g++) {
        row[g] = cell[g * level_count + at];
        which[g] = row[g] == SIZE_MAX ? -1 : 0;
    }
    if (ok && frame_find(next, text_string(&name)) != NULL)
        ok = fail(err, GLMM_E_NAME, NOWHERE, "there is a variable `%s` already", text_string(&name));
    ok = ok && column_gather(&column, text_string(&name), &from, 1, which, row, next->rows, progress, err)
         && frame_put(next, &column, err);
    column_clear(&column);
    text_clear(&name);
    mem_free(which);
    mem_free(row);
    return ok;
}

struct frame *frame_wide(const struct frame *frame, const struct grouping *grouping, const char *name, const char *const values[],
                         size_t count, size_t *left_out, const struct glmm_progress *progress, struct glmm_error *err)
{
    struct frame *rest = frame_share(frame, err), *next = NULL;
    int32_t *code = NULL, level_count = 0;
    char **levels = NULL;
    size_t *cell = NULL;
    bool ok;

    *left_out = 0;
    ok = rest != NULL && column_as_factor(frame_find(frame, name), frame->rows, &code, &levels, &level_count, err)
         && (cell = wide_cells(frame, grouping, code, levels, level_count, left_out, err)) != NULL;

    for (size_t j = 0; ok && j < frame->column_count; j++) {
        const struct column *column = &frame->columns[j];
        bool spread = strcmp(column->name, name) == 0;

        for (size_t k = 0; k < count; k++)
            spread = spread || strcmp(column->name, values[k]) == 0;
        if (spread || !is_same(column, grouping, frame->rows, &ok, progress, err))
            frame_drop(rest, column->name);
    }
    ok = ok && (next = frame_rows_watched(rest, grouping->first, grouping->count, progress, err)) != NULL;
    for (size_t k = 0; ok && k < count; k++)
        for (int32_t l = 0; ok && l < level_count; l++)
            ok = put_wide(next, frame_find(frame, values[k]), levels[l], cell, (size_t)l, (size_t)level_count, progress, err);
    for (int32_t l = 0; l < level_count; l++)
        mem_free(levels[l]);
    mem_free(levels);
    mem_free(code);
    mem_free(cell);
    frame_free(rest);
    if (ok)
        return next;
    frame_free(next);
    return NULL;
}
