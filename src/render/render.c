/* render.c -- the table of formats. */
#include "render/render.h"

#include <math.h>
#include <string.h>

#include "base/progress.h"
#include "base/safe.h"
#include "render/formats.h"

static const struct {
    const char *name;
    bool (*render)(const struct result *result, const struct style *style, struct text *out);
    bool whole; /* it takes all parts of an answer at once */
} formats[] = {
    [FORMAT_TEXT] = { "text", render_text, false },
    [FORMAT_JSON] = { "json", render_json, false },
    [FORMAT_CSV] = { "csv", render_csv, true },
    [FORMAT_TSV] = { "tsv", render_tsv, true },
    [FORMAT_MARKDOWN] = { "markdown", render_markdown, false },
    [FORMAT_LATEX] = { "latex", render_latex, false },
    [FORMAT_HTML] = { "html", render_html, false },
    [FORMAT_SVG] = { "svg", render_svg, true },
};

enum { FORMAT_COUNT = sizeof formats / sizeof formats[0], CELLS_A_LOOK = 512 };

/* JSON's own way to write what a terminal would obey: Jansson leaves DEL, C1 and the marks of Unicode as they are. */
static bool spell_json(struct text *out, size_t from)
{
    size_t length = out->length - from;
    struct text safe = { 0 };

    if (length == 0 || safe_already(out->data + from, length, SAFE_JSON))
        return true;
    safe_add(&safe, out->data + from, length, SAFE_JSON);
    text_truncate(out, from);
    text_add(out, text_string(&safe));
    out->failed = out->failed || safe.failed;
    text_clear(&safe);
    return !out->failed;
}

bool render(const struct result *result, const struct style *style, struct text *out)
{
    struct style bounded = *style;
    bool ok = result_ok(result);
    size_t before = out->length;

    bounded.width = style->width < 40 ? 40 : style->width > 250 ? 250 : style->width;
    bounded.digits = style->digits < 2 ? 2 : style->digits > FULL_DIGITS ? FULL_DIGITS : style->digits;
    for (const struct result *part = result; ok && part != NULL; part = formats[style->format].whole ? NULL : part->next) {
        if (part != result && style->format != FORMAT_JSON)
            text_add_char(out, '\n');
        ok = formats[style->format].render(part, &bounded, out) && !out->failed;
    }
    return ok && (style->format != FORMAT_JSON || spell_json(out, before));
}

bool render_goes_on(const struct style *style, size_t *cells)
{
    return ++*cells % CELLS_A_LOOK != 0 || progress_tell(style->progress, "laying out", 0.0, 0.0, (double)NAN);
}

bool format_from_name(const char *name, enum format *format)
{
    for (int i = 0; i < FORMAT_COUNT; i++) {
        if (strcmp(name, formats[i].name) == 0) {
            *format = (enum format)i;
            return true;
        }
    }
    return false;
}

const char *format_name(enum format format)
{
    return formats[format].name;
}
