/* genotypes.c -- see genotypes.h. */
#include "data/genotypes.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/memory.h"
#include "base/text.h"
#include "data/csv.h"
#include "data/name-index.h"
#include "data/source.h"

struct genotypes_file {
    struct arena *arena;       /* names */
    const struct frame *frame; /* a table, held; or NULL */
    FILE *bed;
    const char *path;
    size_t bytes;          /* of a marker */
    unsigned char *packed; /* room for `room` markers */
    size_t room;
};

enum { HEAD = 3 };

static struct genotypes *new_genotypes(const char *path, struct glmm_error *err)
{
    struct genotypes *g = NEW(struct genotypes);

    if (g != NULL && (g->file = NEW(struct genotypes_file)) != NULL && (g->file->arena = arena_new()) != NULL
        && (g->file->path = arena_strdup(g->file->arena, path)) != NULL)
        return g;
    genotypes_free(g);
    fail_memory(err);
    return NULL;
}

void genotypes_free(struct genotypes *g)
{
    if (g == NULL)
        return;
    if (g->file != NULL) {
        if (g->file->bed != NULL)
            fclose(g->file->bed);
        frame_free(g->file->frame);
        mem_free(g->file->packed);
        arena_free(g->file->arena);
        mem_free(g->file);
    }
    mem_free(g->ids);
    mem_free(g->marker);
    mem_free(g);
}

/* Every individual has a name of its own. */
static bool check_ids(const struct genotypes *g, const char *where, struct glmm_error *err)
{
    struct name_index seen = { 0 };
    bool ok = true;

    for (size_t i = 0; ok && i < g->individuals; i++) {
        int32_t before = seen.count, place;

        ok = name_index_add(&seen, g->ids[i], &place) || fail_memory(err);
        if (ok && seen.count == before)
            ok = fail(err, GLMM_E_DATA, NOWHERE, "the individual `%.60s` stands twice in %.100s", g->ids[i], where);
    }
    name_index_clear(&seen);
    return ok;
}

/* --- tables ---------------------------------------------------------------------------------------------- */

static bool set_table(struct genotypes *g, const struct frame *f, struct glmm_error *err)
{
    char buffer[40];

    if (f->column_count < 2)
        return fail(err, GLMM_E_DATA, NOWHERE, "%.60s has no markers: names in the first column, counts 0, 1, 2 in the others",
                    f->name);
    g->file->frame = frame_hold(f);
    g->individuals = f->rows;
    g->markers = f->column_count - 1;
    g->ids = NEW_ARRAY(const char *, g->individuals + 1);
    g->marker = NEW_ARRAY(struct marker, g->markers);
    if (g->ids == NULL || g->marker == NULL)
        return fail_memory(err);
    for (size_t i = 0; i < g->individuals; i++)
        if ((g->ids[i] = arena_strdup(g->file->arena, column_text(&f->columns[0], i, buffer))) == NULL)
            return fail_memory(err);
    for (size_t j = 0; j < g->markers; j++) {
        if (!column_is_number(&f->columns[j + 1]))
            return fail(err, GLMM_E_DATA, NOWHERE, "the marker `%.60s` is no count of 0, 1 or 2", f->columns[j + 1].name);
        g->marker[j] = (struct marker){ .name = f->columns[j + 1].name, .position = (double)NAN };
    }
    return check_ids(g, f->name, err);
}

struct genotypes *genotypes_of_table(const struct frame *frame, struct glmm_error *err)
{
    struct genotypes *g = new_genotypes(frame->name, err);

    if (g != NULL && set_table(g, frame, err))
        return g;
    genotypes_free(g);
    return NULL;
}

static bool read_table(struct genotypes *g, size_t from, size_t count, double *out, struct glmm_error *err)
{
    for (size_t j = from; j < from + count; j++, out += g->individuals) {
        const struct column *c = &g->file->frame->columns[j + 1];

        for (size_t i = 0; i < g->individuals; i++) {
            out[i] = column_real(c, i);
            if (out[i] < 0.0 || out[i] > 2.0)
                return fail(err, GLMM_E_DATA, NOWHERE, "the marker `%.60s` has %.6g for `%.60s`: counts are 0, 1 or 2", c->name,
                            out[i], g->ids[i]);
        }
    }
    return true;
}

/* --- PLINK ------------------------------------------------------------------------------------------------- */

enum { MOST_FIELDS = 6 };

/* One line of a .bim or .fam file, cut at blanks: the number of its fields, at most MOST_FIELDS. */
static int cut_line(struct arena *arena, const char *line, size_t length, const char *fields[MOST_FIELDS])
{
    int count = 0;

    for (size_t i = 0; count < MOST_FIELDS;) {
        size_t begin;

        while (i < length && strchr(" \t\r", line[i]) != NULL)
            i++;
        begin = i;
        while (i < length && strchr(" \t\r", line[i]) == NULL)
            i++;
        if (i == begin)
            break;
        if ((fields[count++] = arena_strndup(arena, line + begin, i - begin)) == NULL)
            return -1;
    }
    return count;
}

/* A header, as other formats have it: it would be taken for an individual. */
static bool is_header(const char *const fields[])
{
    return fields[0][0] == '#' || (strcasecmp(fields[0], "FID") == 0 && strcasecmp(fields[1], "IID") == 0)
           || (strncasecmp(fields[0], "CHR", 3) == 0 && (strcasecmp(fields[1], "SNP") == 0 || strcasecmp(fields[1], "ID") == 0));
}

typedef bool take_line(struct genotypes *g, const char *const fields[], struct glmm_error *err);

/* Hands the lines of x.bim or x.fam, of at least `least` fields, to `take`. */
static bool read_lines(struct genotypes *g, const char *ending, int least, take_line *take, struct glmm_error *err)
{
    char *path = arena_strdup(g->file->arena, g->file->path), *text, *line, *end;
    struct source *source;
    size_t count, number = 0;
    bool ok;

    if (path == NULL)
        return fail_memory(err);
    memcpy(path + strlen(path) - 3, ending, 3);
    source = source_open(path, NULL, err);
    text = source == NULL ? NULL : source_whole(source, &count, err);
    ok = text != NULL;
    for (line = text; ok && line < text + count; line = end + 1) {
        const char *fields[MOST_FIELDS];
        int found;

        end = memchr(line, '\n', (size_t)(text + count - line));
        end = end == NULL ? text + count : end;
        number++;
        if (memchr(line, '\0', (size_t)(end - line)) != NULL) {
            ok = fail(err, GLMM_E_DATA, NOWHERE, "line %zu of %.100s is no text", number, path);
            break;
        }
        found = cut_line(g->file->arena, line, (size_t)(end - line), fields);
        if (found < 0)
            ok = fail_memory(err);
        else if (utf8_invalid(line, (size_t)(end - line)) >= 0)
            ok = fail(err, GLMM_E_DATA, NOWHERE, "line %zu of %.100s is not UTF-8", number, path);
        else if (found < least && (found > 0 || end > line + 1))
            ok = fail(err, GLMM_E_DATA, NOWHERE, "line %zu of %.100s has %d field%s, not %d", number, path, found,
                      found == 1 ? "" : "s", least);
        else if (found >= least && is_header(fields))
            ok =
                fail(err, GLMM_E_DATA, NOWHERE,
                     "line %zu of %.100s is a header or a comment, which .%s files have not: leave it out", number, path, ending);
        else if (found >= least)
            ok = take(g, fields, err);
    }
    mem_free(text);
    source_free(source);
    return ok;
}

/* Family, individual, father, mother, sex, phenotype. */
static bool take_individual(struct genotypes *g, const char *const fields[], struct glmm_error *err)
{
    void *ids = g->ids;
    size_t capacity = g->file->room;
    bool ok = mem_grow(&ids, &capacity, g->individuals + 1, sizeof *g->ids) || fail_memory(err);

    g->ids = ids;
    g->file->room = capacity;
    if (ok)
        g->ids[g->individuals++] = fields[1];
    return ok;
}

/* Chromosome, name, centimorgans, base pairs, the counted allele, the other. */
static bool take_marker(struct genotypes *g, const char *const fields[], struct glmm_error *err)
{
    void *markers = g->marker;
    size_t capacity = g->file->room;
    double position;

    if (!mem_grow(&markers, &capacity, g->markers + 1, sizeof *g->marker))
        return fail_memory(err);
    g->marker = markers;
    g->file->room = capacity;
    if (!parse_number(fields[3], strlen(fields[3]), &position) || !isfinite(position))
        position = (double)NAN;
    g->marker[g->markers++] = (struct marker){ fields[1], fields[0], fields[4], position };
    return true;
}

static bool open_bed(struct genotypes *g, struct glmm_error *err)
{
    struct genotypes_file *f = g->file;
    unsigned char head[HEAD];
    struct stat about;
    double size, wanted;

    f->bytes = (g->individuals + 3) / 4;
    if ((f->bed = fopen(f->path, "rb")) == NULL || fstat(fileno(f->bed), &about) != 0)
        return source_fail(f->path, errno, err);
    if (fread(head, 1, HEAD, f->bed) != HEAD || head[0] != 0x6c || head[1] != 0x1b || head[2] > 1)
        return fail(err, GLMM_E_DATA, NOWHERE, "%.100s is no PLINK .bed file: its first three bytes are not 6c 1b 01", f->path);
    if (head[2] == 0) {
        fail(err, GLMM_E_DATA, NOWHERE, "%.100s has individual after individual, not marker after marker", f->path);
        error_hint(err, "PLINK 1.9 writes it anew: plink --bfile x --make-bed --out y");
        return false;
    }
    size = (double)about.st_size - HEAD;
    wanted = (double)g->markers * (double)f->bytes;
    if (size == wanted)
        return true;
    return fail(err, GLMM_E_DATA, NOWHERE,
                size < wanted
                    ? "%.100s ends early: %.0f bytes of genotypes, where the %zu markers of the .bim file and the %zu "
                      "individuals of the .fam file need %.0f"
                    : "%.100s is of other markers or individuals: %.0f bytes of genotypes, where the %zu markers of the "
                      ".bim file and the %zu individuals of the .fam file need %.0f",
                f->path, size, g->markers, g->individuals, wanted);
}

static bool set_plink(struct genotypes *g, struct glmm_error *err)
{
    bool ok = read_lines(g, "fam", 2, take_individual, err);

    g->file->room = 0;
    ok = ok && read_lines(g, "bim", 5, take_marker, err);
    g->file->room = 0;
    if (ok && (g->individuals == 0 || g->markers == 0))
        return fail(err, GLMM_E_DATA, NOWHERE, "%.100s: the %s file names no %s", g->file->path,
                    g->individuals == 0 ? ".fam" : ".bim", g->individuals == 0 ? "individuals" : "markers");
    return ok && check_ids(g, "the .fam file", err) && open_bed(g, err);
}

static bool read_plink(struct genotypes *g, size_t from, size_t count, double *out, struct glmm_error *err)
{
    static const double counts[4] = { 2.0, (double)NAN, 1.0, 0.0 };
    struct genotypes_file *f = g->file;

    if (count > f->room) {
        mem_free(f->packed);
        f->room = 0;
        if ((f->packed = mem_alloc(count, f->bytes)) == NULL)
            return fail_memory(err);
        f->room = count;
    }
    if (fseeko(f->bed, (off_t)(HEAD + from * f->bytes), SEEK_SET) != 0 || fread(f->packed, f->bytes, count, f->bed) != count)
        return fail(err, GLMM_E_FILE, NOWHERE, "%.100s cannot be read, or has changed", f->path);
    for (size_t j = 0; j < count; j++, out += g->individuals) {
        const unsigned char *row = f->packed + j * f->bytes;

        for (size_t i = 0; i < g->individuals; i++)
            out[i] = counts[row[i / 4] >> 2 * (i % 4) & 3];
        if (g->individuals % 4 != 0 && row[f->bytes - 1] >> 2 * (g->individuals % 4) != 0)
            return fail(
                err, GLMM_E_DATA, NOWHERE,
                "%.100s has genotypes behind the %zu individuals of the .fam file, at the marker `%.60s`: it is of others",
                f->path, g->individuals, g->marker[from + j].name);
    }
    return true;
}

/* --- both ---------------------------------------------------------------------------------------------------- */

struct genotypes *genotypes_open(const char *path, const struct glmm_progress *progress, struct glmm_error *err)
{
    struct csv_options options = { .unique_names = true };
    const struct frame *frame;
    struct genotypes *g;

    if (path_ends_in(path, ".bed")) {
        g = new_genotypes(path, err);
        if (g != NULL && set_plink(g, err))
            return g;
        genotypes_free(g);
        return NULL;
    }
    if ((frame = csv_read(path, "the table", &options, progress, err)) == NULL)
        return NULL;
    g = genotypes_of_table(frame, err);
    frame_free(frame);
    return g;
}

bool genotypes_read(struct genotypes *g, size_t from, size_t count, double *out, struct glmm_error *err)
{
    return g->file->frame != NULL ? read_table(g, from, count, out, err) : read_plink(g, from, count, out, err);
}

/* The first column with one of these names. */
static const struct column *column_of(const struct frame *frame, const char *const names[])
{
    for (; *names != NULL; names++)
        for (size_t j = 0; j < frame->column_count; j++)
            if (strcasecmp(frame->columns[j].name, *names) == 0)
                return &frame->columns[j];
    return NULL;
}

bool genotypes_map(struct genotypes *g, const struct frame *map, struct glmm_error *err)
{
    static const char *const names[] = { "marker", "snp", "rs", "name", "id", NULL };
    static const char *const chromosomes[] = { "chromosome", "chrom", "chr", NULL };
    static const char *const positions[] = { "position", "pos", "bp", NULL };
    const struct column *name = column_of(map, names), *chromosome = column_of(map, chromosomes);
    const struct column *position = column_of(map, positions);
    struct name_index rows = { 0 };
    char buffer[40];
    int32_t place;
    bool ok = (name != NULL && chromosome != NULL)
              || fail(err, GLMM_E_DATA, NOWHERE,
                      "%.60s is no map: it needs the columns marker and chromosome, and may have position", map->name);

    for (size_t i = 0; ok && i < map->rows; i++) {
        const char *text = arena_strdup(g->file->arena, column_text(name, i, buffer));

        ok = (text != NULL && name_index_add(&rows, text, &place)) || fail_memory(err);
        if (ok && place != (int32_t)i)
            ok = fail(err, GLMM_E_DATA, NOWHERE, "the marker `%.60s` stands twice in %.60s", text, map->name);
    }
    for (size_t j = 0; ok && j < g->markers; j++) {
        struct marker *m = &g->marker[j];

        if ((place = name_index_find(&rows, m->name)) < 0)
            continue;
        m->chromosome = arena_strdup(g->file->arena, column_text(chromosome, (size_t)place, buffer));
        m->position = position == NULL ? m->position : column_real(position, (size_t)place);
        ok = m->chromosome != NULL || fail_memory(err);
    }
    name_index_clear(&rows);
    return ok;
}
