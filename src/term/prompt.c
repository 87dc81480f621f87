/* prompt.c -- the prompt shows the state. */
#include "config.h"
#include "term/prompt.h"

#include <string.h>

#include "base/safe.h"

/* Appends a name, made safe for the terminal and cut to `columns` in whole characters and escapes. */
static void add_name(struct text *out, const char *name, int columns)
{
    struct text safe = { 0 };
    size_t bytes = 0, step;
    int width = 0, more;

    safe_add(&safe, name, strlen(name), SAFE_WORDS);
    if (utf8_width(text_string(&safe)) > columns)
        columns--;
    for (; bytes < safe.length; bytes += step, width += more) {
        step = safe_step(safe.data + bytes, safe.length - bytes);
        more = utf8_width_n(safe.data + bytes, step);
        if (width + more > columns)
            break;
    }
    text_add_bytes(out, text_string(&safe), bytes);
    if (bytes < safe.length)
        text_add_char(out, '~');
    text_clear(&safe);
}

void prompt_state(const struct session *session, struct text *out)
{
    int room = session->screen.width / 2 - (int)strlen("mixsh :> ");
    int each = room < 16 ? 8 : room / 2;

    text_add(out, "mixsh");
    if (session->data != NULL) {
        text_add_char(out, ' ');
        add_name(out, session->data->name, each);
    }
    if (session->model != NULL) {
        text_add(out, session->data != NULL ? ":" : " :");
        add_name(out, session->model->name, each);
    }
    text_add(out, "> ");
}

void prompt_continuation(const struct session *session, char open, struct text *out)
{
    struct text state = { 0 };
    int width;

    prompt_state(session, &state);
    width = utf8_width(text_string(&state));
    text_clear(&state);
    text_repeat(out, " ", width - (int)strlen("(...> "));
    text_add_char(out, open == '\0' ? ' ' : open);
    text_add(out, "...> ");
}
