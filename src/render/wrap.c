/* wrap.c -- see wrap.h. */
#include "render/wrap.h"

#include <string.h>

#include "base/text.h"

size_t wrap_at(const char *words, int columns)
{
    size_t fits = utf8_prefix(words, columns), space = 0, gap = 0;

    if (words[fits] == '\0')
        return fits;
    for (size_t i = strspn(words, " ") + 1; i <= fits; i++) {
        if (words[i] != ' ')
            continue;
        space = i;
        if (words[i + 1] == ' ' && words[i - 1] != ' ')
            gap = i;
    }
    if (gap > 0 && gap * 2 >= fits)
        return gap;
    if (space > 0)
        return space;
    return fits > 0 ? fits : 1;
}
