/* formats.h -- the formats, one file each.  A new one is its file, its enum name and its row in render.c. */
#ifndef RENDER_FORMATS_H
#define RENDER_FORMATS_H

#include "render/render.h"

/* Each appends the whole result to `out`; false when memory is out, or the progress says stop. */
bool render_text(const struct result *result, const struct style *style, struct text *out);
bool render_json(const struct result *result, const struct style *style, struct text *out);
bool render_csv(const struct result *result, const struct style *style, struct text *out);
bool render_tsv(const struct result *result, const struct style *style, struct text *out);
bool render_markdown(const struct result *result, const struct style *style, struct text *out);
bool render_latex(const struct result *result, const struct style *style, struct text *out);
bool render_html(const struct result *result, const struct style *style, struct text *out);
bool render_svg(const struct result *result, const struct style *style, struct text *out);

#endif
