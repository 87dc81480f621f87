/* ahead.c -- what was typed ahead of a Ctrl-C, or behind it while nobody read. */
#include "config.h"
#include "term/ahead.h"

#include <string.h>

#include "base/memory.h"
#include "base/safe.h"
#include "term/recall.h"
#include "term/terminal.h"

/* Puts the whole lines into the history; returns how many there were, and *rest where the last line begins that has no end. */
static int keep_lines(const char *lines, const char **rest)
{
    const char *end;
    int count = 0;

    for (; (end = strpbrk(lines, "\r\n")) != NULL; lines = end + 1) {
        char *line = mem_strndup(lines, (size_t)(end - lines));

        if (line != NULL && line[strspn(line, " \t")] != '\0' && utf8_invalid(line, strlen(line)) < 0
            && strchr(line, '\033') == NULL) {
            recall_keep(line);
            count++;
        }
        mem_free(line);
    }
    *rest = lines;
    return count;
}

/* Hands the words of it to the prompt, not the keys: in a view, or for a command, they meant something else (Ctrl-D would end the
 * session). */
static void unread_words(const char *bytes, size_t length)
{
    const char *end = bytes + length;

    while (bytes < end) {
        char c = *bytes++;

        if (c == '\033')
            bytes = terminal_key_end(bytes, end);
        else if ((unsigned char)c >= ' ' && c != '\x7f')
            terminal_unread(&c, 1);
    }
}

void ahead_keep(struct text *pasted, FILE *out)
{
    struct text lines = { 0 };
    const char *rest;
    char bytes[1024], *end;
    ssize_t got;

    text_add(&lines, text_string(pasted));
    text_clear(pasted);
    while ((got = terminal_read(bytes, sizeof bytes)) > 0)
        text_add_bytes(&lines, bytes, (size_t)got);
    if (lines.failed || lines.length == 0) {
        text_clear(&lines);
        return;
    }
    end = strpbrk(lines.data, "\r\n");
    if (end != NULL && end[1] == '\0') { /* one line: it is shown, without its end */
        unread_words(lines.data, (size_t)(end - lines.data));
    } else {
        int count = keep_lines(lines.data, &rest);

        if (count > 0)
            fprintf(out, "%d line%s typed ahead %s not run: the history has %s (arrow up)\n", count, count == 1 ? "" : "s",
                    count == 1 ? "was" : "were", count == 1 ? "it" : "them");
        unread_words(rest, strlen(rest));
    }
    text_clear(&lines);
}
