/* text.h -- growing strings, and UTF-8 as a terminal sees it. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* A growing string, always NUL-terminated once something was added.  A failed allocation sets `failed` and later adds
 * do nothing, so that a writer checks once, at the end.  `(struct text){0}` is a valid empty text. */
struct text {
    char *data;
    size_t length, capacity;
    bool failed;
};

void text_clear(struct text *text); /* frees; the text is empty and usable again */
void text_truncate(struct text *text, size_t length);
void text_add(struct text *text, const char *string);
void text_add_bytes(struct text *text, const char *bytes, size_t count);
void text_add_char(struct text *text, char c);
void text_repeat(struct text *text, const char *string, int times);
void text_addf(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
const char *text_string(const struct text *text); /* "" when empty; borrowed */
char *text_take(struct text *text);               /* returns new (mem_free), NULL when failed; empties the text */

/* Columns that a UTF-8 string takes on a terminal (East Asian wide: 2, combining: 0; an invalid byte: 1). */
int utf8_width(const char *string);
int utf8_width_n(const char *string, size_t bytes);

/* Number of bytes of the longest prefix that is at most `columns` wide. */
size_t utf8_prefix(const char *string, int columns);

/* Index of the first byte that is not valid UTF-8, or -1. */
ptrdiff_t utf8_invalid(const char *bytes, size_t count);

/* True where the name of a file is longer than `ending` and ends so, ASCII case aside. */
bool path_ends_in(const char *path, const char *ending);

/* Edit distance (Damerau-Levenshtein, restricted) in bytes, ignoring ASCII case; for suggestions. */
int edit_distance(const char *a, const char *b);

/* True where `candidate` is near enough to `word` to be suggested: distance <= 2 or a third of the longer length,
 * and less than the length of the word; or of several words of which `word` is the first.  *distance gets the distance. */
bool is_near(const char *word, const char *candidate, int *distance);

/* The bytes of names, in formulas and on lines: ASCII letters, digits, `_`, `.`, and each byte of UTF-8 beyond ASCII (which
 * characters are letters is no matter of a grammar); a name begins with a letter or `_`. */
bool is_name_byte(char c);
bool is_name_start(char c);

/* True where `typed` is that name: the same but for backquotes, which a name that is no plain word has in formulas and
 * coefficients
 * (`Animal ID`) and has lost, or not, where it is typed. */
bool name_is(const char *name, const char *typed);

#endif
