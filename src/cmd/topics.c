/* topics.c -- the concept pages of `help`: text only.  A page fits one screen. */
#include "cmd/topics.h"

#include <stddef.h>

const struct topic topics[] = {
    { "scripts", "Scripts and sessions",
      "A script is a file of commands, one to a line or separated by `;`. `#` begins a comment. A line that ends in `\\`, or inside `(`, `{` or a "
      "quote, goes on in the next.\n\n"
      "    mixsh lesson.mix              run it\n"
      "    mixsh -i lesson.mix           run it, then the prompt\n"
      "    mixsh -e 'load sleepstudy'    run a text\n"
      "    record lesson.mix             write one from what was and will be typed\n"
      "    replay lesson.mix, step       run it within a session, step by step\n\n"
      "A script stops at its first error; `try COMMAND` goes on. Exit status: 0 all well, 1 a command failed, 2 usage or syntax, 3 file, 4 a "
      "replay differs, 130 interrupted." },
    { NULL, NULL, NULL }
};
