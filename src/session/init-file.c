/* init-file.c -- see init-file.h. */
#include "session/init-file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "session/history.h"
#include "session/output.h"

static const char begin[] = "# settings kept by `set, save`\n", end[] = "# end of the settings kept by `set, save`\n";

/* The file's text; none where there is no file. */
static bool read_old(const char *path, struct text *text, struct glmm_error *err)
{
    return (access(path, F_OK) != 0 && errno == ENOENT) || file_read(path, text, err);
}

static void add_settings(const struct session *session, struct text *out)
{
    char now[80], first[80];

    text_add(out, begin);
    for (const struct option *s = settings_table; s->name != NULL; s++) {
        const char *value = settings_show(&session->settings, s, now, sizeof now);

        if (strcmp(value, settings_show(&settings_default, s, first, sizeof first)) != 0)
            text_addf(out, "set %s %s\n", s->name, value);
    }
    text_add(out, end);
}

/* The old text with the settings in the place of those that were kept before, or behind all. */
static void put_settings(const struct session *session, const char *old, struct text *out)
{
    const char *from = strstr(old, begin), *to = from == NULL ? NULL : strstr(from, end);

    if (to == NULL) {
        text_add(out, old);
        if (out->length > 0 && out->data[out->length - 1] != '\n')
            text_add_char(out, '\n');
        add_settings(session, out);
        return;
    }
    text_add_bytes(out, old, (size_t)(from - old));
    add_settings(session, out);
    text_add(out, to + sizeof end - 1);
}

bool init_file_save(struct session *session, char **path, struct glmm_error *err)
{
    struct text old = { 0 }, text = { 0 };
    long refused = mem_refused();
    bool ok;

    *path = xdg_file("XDG_CONFIG_HOME", ".config", "init.mix", true);
    if (*path == NULL && mem_refused() != refused)
        return fail_memory(err);
    if (*path == NULL)
        return fail(err, GLMM_E_FILE, NOWHERE, "there is no home directory for the init file");
    ok = read_old(*path, &old, err);
    if (ok)
        put_settings(session, text_string(&old), &text);
    ok = ok && (!text.failed || fail_memory(err)) && file_replace(session, *path, text_string(&text), text.length, err);
    text_clear(&old);
    text_clear(&text);
    return ok;
}
