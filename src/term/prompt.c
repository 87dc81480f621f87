/* prompt.c -- the prompt shows the state. */
#include "config.h"
#include "term/prompt.h"

#include <string.h>

/* Appends a name, cut to `columns`; a control character in it would spoil the screen. */
static void add_name(struct text *out, const char *name, int columns)
{
    bool cut = utf8_width(name) > columns;
    size_t i, length = cut ? utf8_prefix(name, columns - 1) : strlen(name);

    for (i = 0; i < length; i++)
        text_add_char(out, (unsigned char)name[i] < ' ' || name[i] == '\177' ? '?' : name[i]);
    if (cut)
        text_add_char(out, '~');
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
    struct text state = {0};
    int width;

    prompt_state(session, &state);
    width = utf8_width(text_string(&state));
    text_clear(&state);
    text_repeat(out, " ", width - (int)strlen("(...> "));
    text_add_char(out, open == '\0' ? ' ' : open);
    text_add(out, "...> ");
}
