/* echo.c -- see echo.h. */
#include "shell/echo.h"

#include <limits.h>
#include <string.h>

#include "base/safe.h"
#include "cmd/commands.h"
#include "render/wrap.h"
#include "session/output.h"
#include "session/report.h"
#include "shell/call.h"

bool echo_shows(const struct echo *echo)
{
    return echo->always || (echo->session->settings.echo && !echo->typed);
}

void echo_lost(const struct echo *echo)
{
    if (echo->session->settings.format != FORMAT_TEXT)
        return;
    session_notice(echo->session, "out of memory");
    echo->session->standing.lost = true;
}

/* Appends a line behind its mark, broken between words where it is longer than the width. */
static void add_wrapped(struct text *out, const char *mark, const char *line, int width)
{
    const char *hang = mark[0] != '\0' ? "    " : line[0] == '#' ? "# " : "";
    int indent = (int)strlen(mark);
    size_t bytes;

    text_add(out, mark);
    while (utf8_width(line) > width - indent) {
        bytes = wrap_at(line, width - indent);
        text_add_bytes(out, line, bytes);
        text_addf(out, "\n%s", hang);
        line += bytes;
        line += strspn(line, " ");
        indent = (int)strlen(hang);
    }
    text_addf(out, "%s\n", line);
}

void echo_line(const struct echo *echo, const char *mark, const char *line)
{
    int width = mark[0] == '\0' || echo->session->interactive ? session_style(echo->session).width : INT_MAX;
    struct text text = { 0 }, safe = { 0 };

    if (!echo_shows(echo))
        return;
    text_add(&text, echo->session->standing.apart ? "\n" : "");
    safe_add(&safe, line, strlen(line), SAFE_LINES);
    add_wrapped(&text, mark, text_string(&safe), width);
    text.failed = text.failed || safe.failed;
    text_clear(&safe);
    if (text.failed)
        echo_lost(echo);
    else if (echo->session->settings.format == FORMAT_TEXT)
        session_write(echo->session, text.data, text.length, false, NULL);
    text_clear(&text);
}

static bool is_item(const char *words)
{
    size_t digits = strspn(words, "0123456789");

    if (digits > 0)
        return (words[digits] == '.' || words[digits] == ')') && words[digits + 1] == ' ';
    return (words[0] == '-' || words[0] == '*') && words[1] == ' ';
}

static bool begins_command(const char *words)
{
    int end = call_name_end(words);

    return end > 0 && strchr(" ,\n", words[end]) != NULL && command_find(words, (size_t)end, false) != NULL;
}

static bool ends_sentence(const struct text *text)
{
    return text->length == 0 || strchr(".:?!", text->data[text->length - 1]) != NULL;
}

/* Shows lines that flowed into one, and begins anew. */
static void end_flow(const struct echo *echo, struct text *flow)
{
    if (flow->failed)
        echo_lost(echo);
    else
        echo_line(echo, "", text_string(flow));
    text_clear(flow);
}

/* Shows the paragraph of prose or of comments that was gathered: its lines as they stand where all have room, else flowing from
 * one that begins anew to the next: an item of a list, or a command. Where a sentence is open, a word of it is none ("The / model
 * says how much").  Of the marks of comments that of the first line stays: wrapped lines have their own. */
void echo_prose_end(struct echo *echo)
{
    int width = session_style(echo->session).width;
    bool fits = true, open = false, command = false;
    struct text flow = { 0 };

    for (const char *line = text_string(&echo->paragraph); *line != '\0'; line += strcspn(line, "\n") + 1)
        fits = fits && utf8_width_n(line, strcspn(line, "\n")) <= width;
    for (const char *line = text_string(&echo->paragraph); *line != '\0'; line += strcspn(line, "\n") + 1) {
        const char *words = echo->prose || line[0] != '#' ? line : line + strspn(line, "# ");

        command = (command || ends_sentence(&flow)) && begins_command(words);
        if (open && (fits || command || is_item(words))) {
            end_flow(echo, &flow);
            open = false;
        }
        if (open)
            text_add_char(&flow, ' ');
        else
            words = line;
        text_add_bytes(&flow, words, strcspn(words, "\n"));
        open = true;
    }
    if (open)
        end_flow(echo, &flow);
    if (echo->paragraph.failed) {
        echo_lost(echo);
        text_clear(&echo->paragraph);
    }
    text_truncate(&echo->paragraph, 0);
}

void echo_prose(struct echo *echo, const char *line)
{
    const char *words = line + (line[0] == '#' && !echo->prose) + (line[0] == '#' && line[1] == ' ' && !echo->prose);
    bool alone = words[0] == '\0' || words[0] == ' ';

    if (!echo_shows(echo))
        return;
    if (alone)
        echo_prose_end(echo);
    text_addf(&echo->paragraph, "%s\n", line);
    if (alone)
        echo_prose_end(echo);
}

int echo_prose_rows(const struct echo *echo)
{
    int width = session_style(echo->session).width, lines = 0, columns = 0;
    bool fits = true;

    if (!echo_shows(echo) || width <= 0)
        return 0;
    for (const char *line = text_string(&echo->paragraph); *line != '\0'; line += strcspn(line, "\n") + 1, lines++) {
        int one = utf8_width_n(line, strcspn(line, "\n"));

        fits = fits && one <= width;
        columns += one + 1;
    }
    return fits ? lines : columns / width + 1;
}

void echo_clear(struct echo *echo)
{
    text_clear(&echo->paragraph);
}
