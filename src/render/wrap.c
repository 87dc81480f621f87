/* wrap.c -- see wrap.h. */
#include "render/wrap.h"

#include <ctype.h>
#include <string.h>

#include "base/text.h"

/* True where the word before the blank is `help`, the one behind it what to ask for, or `why:`, behind which that stands. */
static bool is_help(const char *words, size_t blank)
{
    if (blank >= 5 && memcmp(words + blank - 5, " why:", 5) == 0)
        return true;
    return blank >= 4 && memcmp(words + blank - 4, "help", 4) == 0 && (blank == 4 || strchr(" `(", words[blank - 5]) != NULL);
}

/* True where the word before the blank labels what stands behind it, as a field among others: `   data: x`, `REML; data: x`. */
static bool is_label(const char *words, size_t blank)
{
    size_t begin = blank;

    while (begin > 0 && words[begin - 1] != ' ')
        begin--;
    return blank > begin + 1 && words[blank - 1] == ':' && begin >= 2 && strchr("; ", words[begin - 2]) != NULL;
}

/* True within a random term, (Days | Subject), of no more than TERM_MOST columns. */
static bool is_in_term(const char *words, size_t blank)
{
    enum { TERM_MOST = 32 };
    size_t begin = blank, end = blank;
    bool bar = false;

    for (int depth = 0; depth <= 0;) {
        if (begin == 0 || blank - begin > TERM_MOST)
            return false;
        begin--;
        depth += (words[begin] == '(') - (words[begin] == ')');
        bar = bar || words[begin] == '|';
    }
    for (int depth = 1; depth > 0; end++) {
        if (words[end] == '\0' || end - begin > TERM_MOST)
            return false;
        depth += (words[end] == '(') - (words[end] == ')');
        bar = bar || words[end] == '|';
    }
    return bar;
}

/* True beside the sign of an operation: 1 - p. */
static bool is_beside_sign(const char *words, size_t blank)
{
    static const char signs[] = "+-*/";
    bool before = blank >= 2 && words[blank - 2] == ' ' && strchr(signs, words[blank - 1]) != NULL;

    return before || (words[blank + 1] != '\0' && strchr(signs, words[blank + 1]) != NULL && words[blank + 2] == ' ');
}

/* True within the parentheses of a call, I(age - 8), of no more than CALL_MOST columns, or of an operation, (1 - p), of no more
 * than OPERATION_MOST. */
static bool is_in_call(const char *words, size_t blank)
{
    enum { CALL_MOST = 32, OPERATION_MOST = 24 };
    size_t begin = blank, end = blank, most;

    for (int depth = 0; depth <= 0;) {
        if (begin == 0 || blank - begin > CALL_MOST)
            return false;
        begin--;
        depth += (words[begin] == '(') - (words[begin] == ')');
    }
    most = begin > 0 && isalnum((unsigned char)words[begin - 1]) ? CALL_MOST : OPERATION_MOST;
    if (most == OPERATION_MOST && (blank - begin > most || !is_beside_sign(words, blank)))
        return false;
    for (int depth = 1; depth > 0; end++) {
        if (words[end] == '\0' || end - begin > most)
            return false;
        depth += (words[end] == '(') - (words[end] == ')');
    }
    return true;
}

/* Behind the last colon of an interaction, a:b, among the first `fits` bytes; 0 where there is none. */
static size_t behind_colon(const char *words, size_t fits)
{
    size_t place = fits;

    while (place > 1 && !(words[place - 1] == ':' && words[place - 2] != ' ' && words[place] != ' '))
        place--;
    return place > 1 ? place : 0;
}

/* True within a distribution with its weight: 0.5 chi2(1). */
static bool is_weighted(const char *words, size_t blank)
{
    return blank > 0 && words[blank - 1] >= '0' && words[blank - 1] <= '9' && strncmp(words + blank + 1, "chi2(", 5) == 0;
}

/* Whether what is between backquotes behind the last blank outside of them, to be typed as it stands, fits a line of its own. */
static bool fits_alone(const char *words, int columns)
{
    const char *open = strchr(words, '`'), *close = open == NULL ? NULL : strchr(open + 1, '`');

    return close != NULL && utf8_width_n(words, (size_t)(close + 1 - words) + strcspn(close + 1, " ")) <= columns;
}

bool wrap_keeps(const char *words, size_t blank)
{
    return is_in_term(words, blank) || is_in_call(words, blank);
}

size_t wrap_at(const char *words, int columns)
{
    size_t fits = utf8_prefix(words, columns), space = 0, gap = 0, kept = 0;
    bool quoted = false;

    if (words[fits] == '\0')
        return fits;
    for (size_t i = strspn(words, " ") + 1; i <= fits; i++) {
        quoted = quoted != (words[i - 1] == '`');
        if (words[i] != ' ')
            continue;
        kept = i;
        if (quoted || is_help(words, i) || is_label(words, i) || is_weighted(words, i) || wrap_keeps(words, i))
            continue;
        space = i;
        if (words[i + 1] == ' ' && words[i - 1] != ' ')
            gap = i;
    }
    if (gap > 0 && gap * 2 >= fits)
        return gap;
    if (space == 0 && !quoted && behind_colon(words, fits) > 0)
        return behind_colon(words, fits);
    if (space > 0 || kept > 0)
        return space * 2 >= kept || (space > 0 && quoted && fits_alone(words + space + 1, columns)) ? space : kept;
    return fits > 0 ? fits : 1;
}

size_t wrap_command(const char *words, bool (*is_command)(const char *words))
{
    size_t line = strcspn(words, "\n");
    const char *end = strstr(words, "; ");

    if (is_command == NULL || !is_command(words))
        return 0;
    return end != NULL && (size_t)(end - words) < line ? (size_t)(end + 1 - words) : line;
}
