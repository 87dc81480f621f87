/* filed.c -- see filed.h. */
#include "cmd/filed.h"

#include "lang/command.h"
#include "session/output.h"

bool filed_show(struct session *session, const char *command, const char *path, const char *none, const char *some,
                struct glmm_error *err)
{
    struct result *result = result_new(command);

    result_string(result, "file", path);
    result_line(result, LINE_TEXT, "%s%s.", path == NULL ? none : some, path == NULL ? "" : path);
    return session_emit(session, result, err);
}

bool filed_tell(struct session *session, const char *command, const char *now, const char *before, const char *path,
                const char *behind, struct glmm_error *err)
{
    struct result *result = result_new(command);

    result_string(result, "file", now);
    path = path == NULL || result == NULL ? path : path_from_home(result->arena, path);
    result_line(result, LINE_TEXT, "%s%s%s.", before, path == NULL ? "" : path, behind);
    return session_tell(session, result, err);
}
