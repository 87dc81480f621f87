/* render.h -- lays out results: text, JSON, CSV, TSV, Markdown, LaTeX, HTML; plots as SVG. */
#ifndef RENDER_RENDER_H
#define RENDER_RENDER_H

#include "base/text.h"
#include "result/result.h"

enum format { FORMAT_TEXT, FORMAT_JSON, FORMAT_CSV, FORMAT_TSV, FORMAT_MARKDOWN, FORMAT_LATEX, FORMAT_HTML, FORMAT_SVG };
enum charset { CHARSET_ASCII, CHARSET_BLOCK, CHARSET_BRAILLE };

/* So many digits are all that text has, those that no processor changes; the decimals that a result chose do not hold then. */
enum { FULL_DIGITS = 12 };

struct style {
    enum format format;
    int width;  /* columns of text, 40 .. 250 */
    int height; /* lines of the page, by which plots choose their rows; 0: 24 */
    int digits; /* significant digits of text, 2 .. 12 */
    enum charset charset;
    bool color;                            /* escape sequences for bold, dim, red, green, yellow, cyan */
    bool hints;                            /* show LINE_NEXT lines */
    bool (*is_command)(const char *words); /* what begins so is to be typed; NULL: nothing is known to be */
    const struct glmm_progress *progress;  /* asked by a large table, now and then, whether it is still wanted; NULL: nobody */
};

/* Appends the whole result, with its further parts, to `out`, ending in a newline.  False when memory is out or
 * the progress says stop. */
bool render(const struct result *result, const struct style *style, struct text *out);

/* Counts a cell of a table; false where the progress, which is asked once every some hundred cells, says stop. */
bool render_goes_on(const struct style *style, size_t *cells);

/* "text", "json", ...; false for an unknown name. */
bool format_from_name(const char *name, enum format *format);
const char *format_name(enum format format);

#endif
