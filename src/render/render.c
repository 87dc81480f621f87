/* render.c -- the table of formats. */
#include "render/render.h"

#include <string.h>

#include "render/formats.h"

static const struct {
    const char *name;
    bool (*render)(const struct result *result, const struct style *style, struct text *out);
} formats[] = {
    [FORMAT_TEXT] = { "text", render_text },
    [FORMAT_JSON] = { "json", render_json },
    [FORMAT_CSV] = { "csv", render_csv },
    [FORMAT_TSV] = { "tsv", render_tsv },
    [FORMAT_MARKDOWN] = { "markdown", render_markdown },
    [FORMAT_LATEX] = { "latex", render_latex },
};

enum { FORMAT_COUNT = sizeof formats / sizeof formats[0] };

bool render(const struct result *result, const struct style *style, struct text *out)
{
    struct style bounded = *style;
    bool ok = result_ok(result);

    bounded.width = style->width < 40 ? 40 : style->width > 250 ? 250 : style->width;
    bounded.digits = style->digits < 2 ? 2 : style->digits > 15 ? 15 : style->digits;
    for (const struct result *part = result; ok && part != NULL; part = part->next) {
        if (part != result && style->format != FORMAT_JSON)
            text_add_char(out, '\n');
        ok = formats[style->format].render(part, &bounded, out) && !out->failed;
    }
    return ok;
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
