/* r-object.c -- R's serialization, by the description in "R Internals" (1.8): a flags word, attributes, content, each object by
 * its type; what was met before is a number.  See r-object.h. */
#include "data/r-object-private.h"

#include <string.h>

#include "base/text.h"

/* The types of objects that files hold. */
enum {
    NILSXP = 0,
    SYMSXP = 1,
    LISTSXP = 2,
    CLOSXP = 3,
    ENVSXP = 4,
    PROMSXP = 5,
    LANGSXP = 6,
    SPECIALSXP = 7,
    BUILTINSXP = 8,
    CHARSXP = 9,
    LGLSXP = 10,
    INTSXP = 13,
    REALSXP = 14,
    CPLXSXP = 15,
    STRSXP = 16,
    DOTSXP = 17,
    VECSXP = 19,
    EXPRSXP = 20,
    BCODESXP = 21,
    EXTPTRSXP = 22,
    WEAKREFSXP = 23,
    RAWSXP = 24,
    S4SXP = 25,
    ALTREP_SXP = 238,
    ATTRLISTSXP = 239,
    ATTRLANGSXP = 240,
    BASEENV_SXP = 241,
    EMPTYENV_SXP = 242,
    PERSISTSXP = 247,
    PACKAGESXP = 248,
    NAMESPACESXP = 249,
    BASENAMESPACE_SXP = 250,
    MISSINGARG_SXP = 251,
    UNBOUNDVALUE_SXP = 252,
    GLOBALENV_SXP = 253,
    NILVALUE_SXP = 254,
    REFSXP = 255
};

enum { HAS_ATTRIBUTES = 0x200, HAS_TAG = 0x400, LATIN1 = 4, DEPTH = 500 };

static struct r_object *read_item(struct r_reader *r);

void *r_damaged(struct r_reader *r, const char *why)
{
    fail(r->err, GLMM_E_FILE, NOWHERE, "it is damaged: %s", why);
    return NULL;
}

/* --- numbers ------------------------------------------------------------------------------------ */

static const unsigned char *take(struct r_reader *r, size_t count)
{
    const unsigned char *bytes = r->bytes;

    if (r->left < count)
        return r_damaged(r, "it ends too early");
    r->bytes += count;
    r->left -= count;
    return bytes;
}

static int32_t integer_at(const unsigned char *b)
{
    return (int32_t)((uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | (uint32_t)b[3]);
}

static double real_at(const unsigned char *b)
{
    uint64_t bits = (uint64_t)(uint32_t)integer_at(b) << 32 | (uint32_t)integer_at(b + 4);
    double x;

    memcpy(&x, &bits, sizeof x);
    return x;
}

static bool read_integer(struct r_reader *r, int32_t *value)
{
    const unsigned char *bytes = take(r, 4);

    if (bytes != NULL)
        *value = integer_at(bytes);
    return bytes != NULL;
}

/* A length of items that take at least `size` bytes each. */
static bool read_length(struct r_reader *r, size_t size, size_t *length)
{
    int32_t first, high, low;

    if (!read_integer(r, &first))
        return false;
    *length = (size_t)first;
    if (first == -1) {
        if (!read_integer(r, &high) || !read_integer(r, &low))
            return false;
        *length = (size_t)((uint64_t)(uint32_t)high << 32 | (uint32_t)low);
    } else if (first < 0) {
        return r_damaged(r, "a length is negative") != NULL;
    }
    return *length <= r->left / size || r_damaged(r, "it ends too early") != NULL;
}

/* --- objects ------------------------------------------------------------------------------------ */

struct r_object *r_make(struct r_reader *r, enum r_kind kind, size_t length, size_t size)
{
    struct r_object *object = arena_alloc(r->arena, 1, sizeof *object);
    void *items = object == NULL || size == 0 ? NULL : arena_alloc(r->arena, length + 1, size);

    if (object == NULL || (size > 0 && items == NULL)) {
        fail_memory(r->err);
        return NULL;
    }
    object->kind = kind;
    object->length = length;
    if (size > 0)
        object->as.items = items;
    return object;
}

struct r_object *r_other(struct r_reader *r, const char *what)
{
    struct r_object *object = r_make(r, R_OTHER, 0, 0);

    if (object != NULL)
        object->what = what;
    return object;
}

/* What later items may refer to. */
static bool remember(struct r_reader *r, struct r_object *object)
{
    if (r->known_count == r->known_capacity) {
        struct r_object **wider = arena_alloc(r->arena, r->known_capacity * 2 + 64, sizeof *wider);

        if (wider == NULL)
            return fail_memory(r->err);
        if (r->known_count > 0)
            memcpy(wider, r->known, r->known_count * sizeof *wider);
        r->known = wider;
        r->known_capacity = r->known_capacity * 2 + 64;
    }
    r->known[r->known_count++] = object;
    return true;
}

static bool read_attributes(struct r_reader *r, struct r_object *object, int32_t flags)
{
    return object != NULL && ((flags & HAS_ATTRIBUTES) == 0 || (object->attributes = read_item(r)) != NULL);
}

/* --- texts -------------------------------------------------------------------------------------- */

bool r_set_text(struct r_reader *r, struct r_text *out, const char *bytes, size_t length, bool latin1)
{
    char *copy = arena_alloc(r->arena, length * (latin1 ? 2 : 1) + 1, 1);
    size_t used = 0;

    if (copy == NULL)
        return fail_memory(r->err);
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)bytes[i];

        if (latin1 && c >= 0x80) {
            copy[used++] = (char)(0xc0 | c >> 6);
            copy[used++] = (char)(0x80 | (c & 0x3f));
        } else {
            copy[used++] = bytes[i];
        }
    }
    copy[used] = '\0';
    *out = (struct r_text){ copy, used };
    return true;
}

static bool read_text(struct r_reader *r, int32_t flags, struct r_text *out)
{
    const unsigned char *bytes;
    int32_t length;

    *out = (struct r_text){ 0 };
    if ((flags & 0xff) != CHARSXP)
        return r_damaged(r, "a text is none") != NULL;
    if (!read_integer(r, &length))
        return false;
    if (length == -1)
        return true;
    if (length < 0 || (bytes = take(r, (size_t)length)) == NULL)
        return length < 0 ? r_damaged(r, "a text has no length") != NULL : false;
    return r_set_text(r, out, (const char *)bytes, (size_t)length, (flags >> 12 & LATIN1) != 0);
}

static struct r_object *read_texts(struct r_reader *r)
{
    struct r_object *object;
    struct r_text *texts;
    size_t length;
    int32_t flags;

    if (!read_length(r, 8, &length) || (object = r_make(r, R_TEXTS, length, sizeof(struct r_text))) == NULL)
        return NULL;
    texts = (struct r_text *)object->as.texts;
    for (size_t i = 0; i < length; i++)
        if (!read_integer(r, &flags) || !read_text(r, flags, &texts[i]))
            return NULL;
    return object;
}

/* --- vectors ------------------------------------------------------------------------------------ */

static struct r_object *read_integers(struct r_reader *r, enum r_kind kind)
{
    struct r_object *object;
    const unsigned char *bytes;
    int32_t *out;
    size_t length;

    if (!read_length(r, 4, &length) || (object = r_make(r, kind, length, sizeof(int32_t))) == NULL
        || (bytes = take(r, length * 4)) == NULL)
        return NULL;
    out = (int32_t *)object->as.integer;
    for (size_t i = 0; i < length; i++)
        out[i] = integer_at(bytes + 4 * i);
    return object;
}

static struct r_object *read_reals(struct r_reader *r)
{
    struct r_object *object;
    const unsigned char *bytes;
    double *out;
    size_t length;

    if (!read_length(r, 8, &length) || (object = r_make(r, R_REAL, length, sizeof(double))) == NULL
        || (bytes = take(r, length * 8)) == NULL)
        return NULL;
    out = (double *)object->as.real;
    for (size_t i = 0; i < length; i++)
        out[i] = real_at(bytes + 8 * i);
    return object;
}

static struct r_object *read_list(struct r_reader *r)
{
    struct r_object *object;
    size_t length;

    if (!read_length(r, 4, &length) || (object = r_make(r, R_LIST, length, sizeof(struct r_object *))) == NULL)
        return NULL;
    for (size_t i = 0; i < length; i++)
        if ((object->as.items[i] = read_item(r)) == NULL)
            return NULL;
    return object;
}

/* Passes over bytes of items of that size. */
static struct r_object *skip_vector(struct r_reader *r, size_t size, const char *what)
{
    size_t length;

    if (!read_length(r, size, &length) || take(r, length * size) == NULL)
        return NULL;
    return r_other(r, what);
}

/* --- pairlists ---------------------------------------------------------------------------------- */

/* Cells until one that is none: a loop, since lists are long. */
static struct r_object *read_pairs(struct r_reader *r, int32_t flags, const char *what)
{
    struct r_object *first = NULL, *last = NULL, *cell;
    int32_t type = flags & 0xff;

    for (;;) {
        if ((cell = r_make(r, R_PAIRS, 0, 0)) == NULL || !read_attributes(r, cell, flags)
            || ((flags & HAS_TAG) != 0 && (cell->tag = read_item(r)) == NULL) || (cell->head = read_item(r)) == NULL)
            return NULL;
        cell->what = what;
        if (what != NULL)
            cell->kind = R_OTHER;
        if (last != NULL)
            last->tail = cell;
        first = first == NULL ? cell : first;
        last = cell;
        if (!read_integer(r, &flags))
            return NULL;
        if ((flags & 0xff) == NILVALUE_SXP || (flags & 0xff) == NILSXP)
            return first;
        if ((flags & 0xff) != type || type != LISTSXP) { /* the rest is another kind of object: passed over */
            r->bytes -= 4;
            r->left += 4;
            return read_item(r) == NULL ? NULL : first;
        }
    }
}

/* --- environments and the like -------------------------------------------------------------------- */

static struct r_object *read_environment(struct r_reader *r)
{
    struct r_object *object = r_other(r, "an environment");
    int32_t locked;

    if (object == NULL || !remember(r, object) || !read_integer(r, &locked))
        return NULL;
    for (int k = 0; k < 4; k++)
        if (read_item(r) == NULL)
            return NULL;
    return object;
}

/* A name of a package or a namespace: texts. */
static struct r_object *read_names(struct r_reader *r)
{
    struct r_object *object = r_other(r, "an environment");
    int32_t zero, length, flags;
    struct r_text text;

    if (object == NULL || !read_integer(r, &zero) || !read_integer(r, &length))
        return NULL;
    for (int32_t i = 0; i < length; i++)
        if (!read_integer(r, &flags) || !read_text(r, flags, &text))
            return NULL;
    return remember(r, object) ? object : NULL;
}

static struct r_object *read_symbol(struct r_reader *r)
{
    struct r_object *object = r_make(r, R_SYMBOL, 0, 0);
    int32_t flags;

    if (object == NULL || !read_integer(r, &flags) || !read_text(r, flags, &object->as.text) || !remember(r, object))
        return NULL;
    return object;
}

static struct r_object *read_pointer(struct r_reader *r, int32_t flags, bool weak)
{
    struct r_object *object = r_other(r, "a pointer");

    if (object == NULL || !remember(r, object))
        return NULL;
    for (int part = 0; !weak && part < 2; part++)
        if (read_item(r) == NULL)
            return NULL;
    return read_attributes(r, object, flags) ? object : NULL;
}

static struct r_object *read_reference(struct r_reader *r, int32_t flags)
{
    int32_t index = flags >> 8;

    if (index == 0 && !read_integer(r, &index))
        return NULL;
    if (index < 1 || (size_t)index > r->known_count)
        return r_damaged(r, "it refers to what is not there");
    return r->known[index - 1];
}

/* --- vectors in a short form ---------------------------------------------------------------------- */

static struct r_object *read_short_form(struct r_reader *r)
{
    struct r_object *info = read_item(r), *state = info == NULL ? NULL : read_item(r);
    struct r_object *attributes = state == NULL ? NULL : read_item(r), *object;
    const char *class;

    if (attributes == NULL)
        return NULL;
    if (info->kind != R_PAIRS || info->head->kind != R_SYMBOL || info->head->as.text.text == NULL)
        return r_damaged(r, "a vector has no class");
    class = info->head->as.text.text;
    if (strcmp(class, "compact_intseq") == 0 || strcmp(class, "compact_realseq") == 0)
        object = r_expand_sequence(r, state, class[8] == 'i');
    else if (strcmp(class, "deferred_string") == 0)
        object = r_expand_texts(r, state);
    else if (strncmp(class, "wrap_", 5) == 0 && state->kind == R_LIST && state->length > 0)
        object = state->as.items[0];
    else if (strncmp(class, "wrap_", 5) == 0 && state->kind == R_PAIRS)
        object = state->head;
    else
        object = r_other(r, "a vector in a form that is not known");
    if (object != NULL && attributes->kind == R_PAIRS)
        object->attributes = attributes;
    return object;
}

/* --- all of them -------------------------------------------------------------------------------- */

/* Those that hold nothing that a table needs. */
static struct r_object *read_rest(struct r_reader *r, int32_t flags)
{
    struct r_object *object = NULL;
    int32_t length;

    switch (flags & 0xff) {
    case ENVSXP:
        return read_environment(r);
    case PERSISTSXP:
    case PACKAGESXP:
    case NAMESPACESXP:
        return read_names(r);
    case EXTPTRSXP:
        return read_pointer(r, flags, false);
    case WEAKREFSXP:
        return read_pointer(r, flags, true);
    case SPECIALSXP:
    case BUILTINSXP:
        return read_integer(r, &length) && length >= 0 && take(r, (size_t)length) != NULL ? r_other(r, "a function") : NULL;
    case S4SXP:
        object = r_other(r, "an object of R's S4");
        return read_attributes(r, object, flags) ? object : NULL;
    case BCODESXP:
        fail(r->err, GLMM_E_FILE, NOWHERE, "it holds a compiled function, which cannot be passed over");
        error_hint(r->err, "in R: save the data frame alone, saveRDS(x, \"x.rds\")");
        return NULL;
    case BASEENV_SXP:
    case EMPTYENV_SXP:
    case BASENAMESPACE_SXP:
    case MISSINGARG_SXP:
    case UNBOUNDVALUE_SXP:
    case GLOBALENV_SXP:
        return r_other(r, "an environment");
    default:
        return r_damaged(r, "it has an object of an unknown type");
    }
}

static struct r_object *read_vector(struct r_reader *r, int32_t flags)
{
    struct r_object *object = NULL;

    switch (flags & 0xff) {
    case LGLSXP:
        object = read_integers(r, R_LOGICAL);
        break;
    case INTSXP:
        object = read_integers(r, R_INTEGER);
        break;
    case REALSXP:
        object = read_reals(r);
        break;
    case STRSXP:
        object = read_texts(r);
        break;
    case VECSXP:
    case EXPRSXP:
        object = read_list(r);
        break;
    case CPLXSXP:
        object = skip_vector(r, 16, "complex numbers");
        break;
    case RAWSXP:
        object = skip_vector(r, 1, "bytes");
        break;
    default:
        return read_rest(r, flags);
    }
    return read_attributes(r, object, flags) ? object : NULL;
}

static struct r_object *read_by_flags(struct r_reader *r, int32_t flags)
{
    struct r_object *object;

    switch (flags & 0xff) {
    case NILVALUE_SXP:
    case NILSXP:
        return r_make(r, R_NULL, 0, 0);
    case REFSXP:
        return read_reference(r, flags);
    case SYMSXP:
        return read_symbol(r);
    case CHARSXP:
        object = r_make(r, R_TEXT, 0, 0);
        return object != NULL && read_text(r, flags, &object->as.text) && read_attributes(r, object, flags) ? object : NULL;
    case LISTSXP:
        return read_pairs(r, flags, NULL);
    case ATTRLISTSXP:
        return read_pairs(r, LISTSXP | HAS_ATTRIBUTES | HAS_TAG, NULL);
    case LANGSXP:
    case ATTRLANGSXP:
        return read_pairs(r, flags, "code");
    case CLOSXP:
    case PROMSXP:
    case DOTSXP:
        return read_pairs(r, flags, "a function");
    case ALTREP_SXP:
        return read_short_form(r);
    default:
        return read_vector(r, flags);
    }
}

static struct r_object *read_item(struct r_reader *r)
{
    struct r_object *object = NULL;
    int32_t flags;

    if (r->depth >= DEPTH)
        return r_damaged(r, "its lists lie too deep in each other");
    r->depth++;
    if (read_integer(r, &flags))
        object = read_by_flags(r, flags);
    r->depth--;
    return object;
}

struct r_object *r_parse(struct arena *arena, const char *bytes, size_t count, struct glmm_error *err)
{
    struct r_reader r = { .arena = arena, .bytes = (const unsigned char *)bytes, .left = count, .err = err };
    int32_t version, writer, oldest, length;

    if (!read_integer(&r, &version) || !read_integer(&r, &writer) || !read_integer(&r, &oldest))
        return NULL;
    if (version != 2 && version != 3)
        return r_damaged(&r, "its version is neither 2 nor 3");
    if (version == 3 && (!read_integer(&r, &length) || length < 0 || length > 100 || take(&r, (size_t)length) == NULL))
        return r_damaged(&r, "it ends too early");
    return read_item(&r);
}

const struct r_object *r_attribute(const struct r_object *object, const char *name)
{
    for (const struct r_object *cell = object->attributes; cell != NULL && cell->kind == R_PAIRS; cell = cell->tail)
        if (cell->tag != NULL && cell->tag->kind == R_SYMBOL && cell->tag->as.text.text != NULL
            && strcmp(cell->tag->as.text.text, name) == 0)
            return cell->head;
    return NULL;
}

bool r_is(const struct r_object *object, const char *class)
{
    const struct r_object *classes = r_attribute(object, "class");

    for (size_t i = 0; classes != NULL && classes->kind == R_TEXTS && i < classes->length; i++)
        if (classes->as.texts[i].text != NULL && strcmp(classes->as.texts[i].text, class) == 0)
            return true;
    return false;
}
