/* arguments.c -- see arguments.h.  The only file that includes getopt.h, whose struct option is not ours. */
#include "shell/arguments.h"

#include <getopt.h>
#include <string.h>

#include "base/memory.h"
#include "base/safe.h"
#include "base/text.h"

enum { FORMAT = 256, NO_INIT, COLOR, WIDTH, CHARSET, RECOVER, COMPLETION };

static const struct option options[] = {
    { "execute", required_argument, NULL, 'e' },
    { "interactive", no_argument, NULL, 'i' },
    { "format", required_argument, NULL, FORMAT },
    { "width", required_argument, NULL, WIDTH },
    { "charset", required_argument, NULL, CHARSET },
    { "color", optional_argument, NULL, COLOR },
    { "keep-going", no_argument, NULL, 'k' },
    { "quiet", no_argument, NULL, 'q' },
    { "no-init", no_argument, NULL, NO_INIT },
    { "recover", no_argument, NULL, RECOVER },
    { "completion", required_argument, NULL, COMPLETION },
    { "version", no_argument, NULL, 'V' },
    { "help", no_argument, NULL, 'h' },
    { NULL, 0, NULL, 0 },
};

const char *arguments_option(int index, bool *value)
{
    *value = options[index].name != NULL && options[index].has_arg != no_argument;
    return options[index].name;
}

void arguments_help(FILE *out)
{
    fputs("usage: mixsh [OPTION]... [SCRIPT]...\n"
          "       mixsh -e 'COMMAND; COMMAND'\n"
          "\n"
          "The mixed-model shell: load a table, state a model, fit it, see what it does.\n"
          "Without a script or -e, commands are read from the terminal or standard input.\n"
          "\n"
          "  -e, --execute COMMANDS  run these commands (may be given several times)\n"
          "  -i, --interactive       go on at the prompt after the scripts\n"
          "      --format F          text, json, csv, tsv, markdown, latex or html\n"
          "      --width N           columns of text: 40 to 250, or auto\n"
          "      --charset C         auto, ascii, block or braille\n"
          "      --color[=WHEN]      always, never or auto\n"
          "  -k, --keep-going        a script goes on after an error\n"
          "  -q, --quiet             no welcome\n"
          "      --no-init           do not run the init file\n"
          "      --recover           first bring back the last session that was cut off\n"
          "      --completion SHELL  print the completion for bash or zsh\n"
          "  -V, --version           print the version\n"
          "  -h, --help              print this\n"
          "\n"
          "Exit status: 0 all well, 1 a command failed, 2 usage or syntax, 3 file,\n"
          "4 a replay differs, 130 interrupted.\n"
          "Within mixsh: help.\n",
          out);
}

static void add_setting(struct arguments *arguments, const char *option, const char *key, const char *value)
{
    arguments->settings[arguments->setting_count++] = (struct argument_setting){ option, key, value };
}

/* WHEN of --color, as the setting calls it. */
static const char *color_value(const char *when)
{
    if (when == NULL || strcmp(when, "always") == 0)
        return "on";
    return strcmp(when, "never") == 0 ? "off" : when;
}

/* What is wrong with an option, in getopt's words; its own would show the argument as it is, to a terminal that may obey it. */
static void refuse_option(const char *given)
{
    struct text safe = { 0 };
    bool known = false, longer = given != NULL && strncmp(given, "--", 2) == 0;

    for (const struct option *o = options; o->name != NULL; o++)
        known = known || (optopt != 0 && o->val == optopt);
    if (given != NULL)
        safe_add(&safe, given, longer && known ? strcspn(given, "=") : strlen(given), SAFE_WORDS);
    if (longer && known && strchr(given, '=') != NULL)
        fprintf(stderr, "mixsh: option '%s' doesn't allow an argument\n", text_string(&safe));
    else if (longer && known)
        fprintf(stderr, "mixsh: option '%s' requires an argument\n", text_string(&safe));
    else if (longer)
        fprintf(stderr, "mixsh: unrecognized option '%s'\n", text_string(&safe));
    else if (known)
        fprintf(stderr, "mixsh: option requires an argument -- '%c'\n", optopt);
    else if (optopt > ' ' && optopt < 0x7f)
        fprintf(stderr, "mixsh: invalid option -- '%c'\n", optopt);
    else
        fprintf(stderr, "mixsh: invalid option in '%s'\n", text_string(&safe));
    text_clear(&safe);
}

/* After that: the nearest option, if there is one. */
static void suggest_option(const char *given)
{
    const char *best = NULL;
    int distance, least = 100;

    if (given == NULL || strncmp(given, "--", 2) != 0)
        return;
    for (const struct option *o = options; o->name != NULL; o++)
        if (is_near(given + 2, o->name, &distance) && distance < least) {
            least = distance;
            best = o->name;
        }
    if (best != NULL)
        fprintf(stderr, "mixsh: did you mean --%s?\n", best);
}

static enum argument_action read_option(struct arguments *arguments, int option, const char *given)
{
    switch (option) {
    case 'e':
        arguments->texts[arguments->text_count++] = optarg;
        break;
    case 'i':
        arguments->prompt = true;
        break;
    case 'k':
        arguments->keep_going = true;
        break;
    case 'q':
        arguments->quiet = true;
        break;
    case NO_INIT:
        arguments->no_init = true;
        break;
    case RECOVER:
        arguments->recover = true;
        break;
    case FORMAT:
        add_setting(arguments, "--format", "format", optarg);
        break;
    case WIDTH:
        add_setting(arguments, "--width", "width", optarg);
        break;
    case CHARSET:
        add_setting(arguments, "--charset", "charset", optarg);
        break;
    case COLOR:
        add_setting(arguments, "--color", "color", color_value(optarg));
        break;
    case COMPLETION:
        arguments->completion = optarg;
        return ACTION_COMPLETION;
    case 'V':
        return ACTION_VERSION;
    case 'h':
        return ACTION_HELP;
    default:
        refuse_option(given);
        suggest_option(given);
        fputs("mixsh: try mixsh --help\n", stderr);
        return ACTION_FAIL;
    }
    return ACTION_RUN;
}

enum argument_action arguments_read(struct arguments *arguments, int argc, char **argv)
{
    enum argument_action action = ACTION_RUN;
    int option;

    opterr = 0;
    memset(arguments, 0, sizeof *arguments);
    arguments->texts = NEW_ARRAY(const char *, argc + 1);
    arguments->settings = NEW_ARRAY(struct argument_setting, argc + 1);
    if (arguments->texts == NULL || arguments->settings == NULL) {
        fputs("mixsh: out of memory\n", stderr);
        return ACTION_FAIL;
    }
    while (action == ACTION_RUN) {
        const char *given = optind < argc ? argv[optind] : NULL;

        option = getopt_long(argc, argv, "e:ikqVh", options, NULL);
        if (option == -1)
            break;
        action = read_option(arguments, option, given);
    }
    arguments->scripts = argv + optind;
    arguments->script_count = argc - optind;
    return action;
}

void arguments_clear(struct arguments *arguments)
{
    mem_free(arguments->texts);
    mem_free(arguments->settings);
}
