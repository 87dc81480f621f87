/* prose.c -- see prose.h: line by line into blocks, then each block's words. */
#include "render/prose.h"

#include <string.h>

#include "render/xml.h"

enum block { BLOCK_NONE, BLOCK_PARAGRAPH, BLOCK_BULLETS, BLOCK_NUMBERS, BLOCK_CODE };

struct prose {
    struct text *out;
    enum block block;  /* open now */
    struct text words; /* of the paragraph or the item that is open */
};

/* --- words ------------------------------------------------------------------------------------------- */

static void add_plain(struct text *out, const char *words, size_t length)
{
    struct text part = { 0 };

    text_add_bytes(&part, words, length);
    xml_add(out, text_string(&part), false);
    out->failed = out->failed || part.failed;
    text_clear(&part);
}

/* What stands between a mark and its next occurrence, on which something follows the first and precedes the second; NULL: none.
 */
static const char *closing(const char *inside, const char *mark)
{
    const char *end = *inside == ' ' || *inside == '\0' ? NULL : strstr(inside, mark);

    return end == NULL || end == inside || end[-1] == ' ' ? NULL : end;
}

/* link -> `[` words `](` http... `)`; returns behind it, or NULL. */
static const char *add_link(struct text *out, const char *at)
{
    const char *middle = strstr(at, "]("), *end = middle == NULL ? NULL : strchr(middle, ')');
    const char *address = middle == NULL ? NULL : middle + 2;

    if (end == NULL || (strncmp(address, "https://", 8) != 0 && strncmp(address, "http://", 7) != 0))
        return NULL;
    text_add(out, "<a href=\"");
    add_plain(out, address, (size_t)(end - address));
    text_add(out, "\">");
    add_plain(out, at + 1, (size_t)(middle - at - 1));
    text_add(out, "</a>");
    return end + 1;
}

static void add_words(struct text *out, const char *at)
{
    static const struct {
        const char *mark, *tag;
    } marks[] = { { "`", "code" }, { "**", "strong" }, { "*", "em" } };
    const char *plain = at;

    while (*at != '\0') {
        const char *end = NULL, *next = NULL;
        size_t i = 0, length = 0;

        for (; i < 3 && end == NULL; i++) {
            length = strlen(marks[i].mark);
            end = strncmp(at, marks[i].mark, length) == 0 ? closing(at + length, marks[i].mark) : NULL;
        }
        if (end == NULL && *at != '[') {
            at++;
            continue;
        }
        add_plain(out, plain, (size_t)(at - plain));
        plain = at;
        if (end != NULL) {
            text_addf(out, "<%s>", marks[i - 1].tag);
            add_plain(out, at + length, (size_t)(end - at) - length);
            text_addf(out, "</%s>", marks[i - 1].tag);
            next = end + length;
        } else {
            next = add_link(out, at);
        }
        at = next == NULL ? at + 1 : next;
        plain = next == NULL ? plain : next;
    }
    add_plain(out, plain, strlen(plain));
}

/* --- blocks ------------------------------------------------------------------------------------------ */

/* Ends the paragraph or the item. */
static void end_words(struct prose *p)
{
    if (p->words.length > 0) {
        text_add(p->out, p->block == BLOCK_PARAGRAPH ? "<p>" : "<li>");
        add_words(p->out, text_string(&p->words));
        text_add(p->out, p->block == BLOCK_PARAGRAPH ? "</p>\n" : "</li>\n");
    }
    text_truncate(&p->words, 0);
}

static void begin_block(struct prose *p, enum block block)
{
    static const char *const begins[] = { "", "", "<ul>\n", "<ol>\n", "<pre>" };
    static const char *const ends[] = { "", "", "</ul>\n", "</ol>\n", "</pre>\n" };

    if (block == p->block)
        return;
    end_words(p);
    text_add(p->out, ends[p->block]);
    text_add(p->out, begins[block]);
    p->block = block;
}

/* "#", "##", ...: the level of a heading, or 0. */
static int heading_level(const char *line)
{
    int level = (int)strspn(line, "#");

    return level >= 1 && level <= 4 && line[level] == ' ' ? level : 0;
}

static bool is_number(const char *line)
{
    size_t digits = strspn(line, "0123456789");

    return digits > 0 && digits < 4 && line[digits] == '.' && line[digits + 1] == ' ';
}

static void add_item(struct prose *p, enum block block, const char *words)
{
    begin_block(p, block);
    end_words(p);
    text_add(&p->words, words);
}

static void add_line(struct prose *p, const char *line)
{
    int level = heading_level(line);

    if (strncmp(line, "```", 3) == 0) {
        begin_block(p, p->block == BLOCK_CODE ? BLOCK_NONE : BLOCK_CODE);
    } else if (p->block == BLOCK_CODE) {
        xml_add(p->out, line, true);
        text_add_char(p->out, '\n');
    } else if (*line == '\0') {
        begin_block(p, BLOCK_NONE);
    } else if (level > 0) {
        begin_block(p, BLOCK_NONE);
        text_addf(p->out, "<h%d>", level + 1);
        add_words(p->out, line + level + 1);
        text_addf(p->out, "</h%d>\n", level + 1);
    } else if ((*line == '-' || *line == '*') && line[1] == ' ') {
        add_item(p, BLOCK_BULLETS, line + 2);
    } else if (is_number(line)) {
        add_item(p, BLOCK_NUMBERS, strchr(line, ' ') + 1);
    } else {
        if (p->block == BLOCK_NONE)
            begin_block(p, BLOCK_PARAGRAPH);
        text_add(&p->words, p->words.length == 0 ? "" : " ");
        text_add(&p->words, line + strspn(line, " "));
    }
}

void prose_html(struct text *out, const char *markdown)
{
    struct prose p = { .out = out };
    struct text line = { 0 };

    while (*markdown != '\0') {
        size_t length = strcspn(markdown, "\n");

        text_truncate(&line, 0);
        text_add_bytes(&line, markdown, length);
        add_line(&p, text_string(&line));
        markdown += length + (markdown[length] == '\n');
    }
    begin_block(&p, BLOCK_NONE);
    out->failed = out->failed || line.failed || p.words.failed;
    text_clear(&line);
    text_clear(&p.words);
}
