/* markup.c -- see markup.h. */
#include "render/markup.h"

#include "render/draw.h"

static bool add_plot(struct text *out, const struct markup *markup, const struct plot *plot, const struct style *style)
{
    struct style plain = *style;
    struct text drawn = { 0 };
    bool ok;

    if (markup->plot != NULL)
        return markup->plot(plot, style, out);
    plain.color = false;
    if (markup->ascii_plots)
        plain.charset = CHARSET_ASCII;
    ok = plot_draw(plot, &plain, &drawn);
    if (ok)
        markup->verbatim(out, text_string(&drawn));
    text_clear(&drawn);
    return ok;
}

static bool is_seen(const struct item *item)
{
    if (item->kind == ITEM_LINE)
        return item->role != LINE_NEXT && item->role != LINE_BLANK;
    return item->kind != ITEM_VALUE;
}

bool render_markup(const struct markup *markup, const struct result *result, const struct style *style, struct text *out)
{
    struct arena *arena = arena_new();
    bool ok = arena != NULL, started = false;

    for (const struct item *item = result->first; ok && item != NULL; item = item->next) {
        size_t before = out->length;

        if (!is_seen(item))
            continue;
        if (started)
            text_add_char(out, '\n');
        if (item->kind == ITEM_LINE)
            markup->line(out, item->role, item->as.line);
        else if (item->kind == ITEM_FIELDS)
            ok = markup->fields(out, arena, item, style->digits);
        else if (item->kind == ITEM_TABLE)
            ok = markup->table(out, arena, item->as.table, style->digits);
        else
            ok = add_plot(out, markup, item->as.plot, style);
        if (out->length == before + (started ? 1 : 0))
            text_truncate(out, before);
        else
            started = true;
    }
    arena_free(arena);
    return ok && !out->failed;
}
