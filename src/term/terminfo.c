/* terminfo.c -- see terminfo.h. */
#include "config.h"
#include "term/terminfo.h"

#include <string.h>
#include <unistd.h>
#include <curses.h>
#include <term.h>

static const char *capability(const char *name)
{
    char copy[16];
    const char *value;

    strncpy(copy, name, sizeof copy - 1); /* the library takes no constant */
    copy[sizeof copy - 1] = '\0';
    value = tigetstr(copy);
    return value == (const char *)-1 ? NULL : value;
}

bool terminfo_open(void)
{
    int status = 0;

    return setupterm(NULL, STDOUT_FILENO, &status) == OK;
}

void terminfo_close(void)
{
    del_curterm(cur_term);
}

enum terminfo terminfo_look(void)
{
    const char *move;

    if (!terminfo_open())
        return TERMINFO_UNKNOWN;
    move = capability("cup");
    terminfo_close();
    return move == NULL ? TERMINFO_NO_CURSOR : TERMINFO_OK;
}

void terminfo_add(const char *name, char *bytes, size_t size)
{
    const char *value = capability(name);
    size_t used = strlen(bytes);

    while (value != NULL && *value != '\0' && used + 1 < size) {
        if (value[0] == '$' && value[1] == '<' && strchr(value, '>') != NULL) {
            value = strchr(value, '>') + 1;
            continue;
        }
        bytes[used++] = *value++;
    }
    bytes[used] = '\0';
}
