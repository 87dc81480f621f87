/* prose.h -- notes in Markdown as HTML. */
#ifndef RENDER_PROSE_H
#define RENDER_PROSE_H

#include "base/text.h"

/* Appends the text as blocks of HTML: paragraphs, headings (`#` to `####`, as h2 to h5), lists (`- `, `1. `), code between lines
 * of
 * ```` ``` ````, and within them `**bold**`, `*italic*`, `` `code` `` and `[words](https://...)`.  All else is words: no HTML
 * passes. */
void prose_html(struct text *out, const char *markdown);

#endif
