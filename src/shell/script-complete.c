/* script-complete.c -- see script-complete.h.
 *
 * Both scripts complete the program's options and their values, files of commands, and in the text behind -e the commands, their
 * options, the values of these, and the bundled examples.  What they know of the program are lines of tables; the rest is
 * constant. */
#include "shell/script-complete.h"

#include <string.h>

#include "cmd/commands.h"
#include "session/bundled.h"
#include "session/settings.h"
#include "shell/arguments.h"

/* In single quotes, for either shell. */
static void add_quoted(struct text *out, const char *text)
{
    text_add_char(out, '\'');
    for (; *text != '\0'; text++)
        text_add(out, *text == '\'' ? "'\\''" : (char[]){ *text, '\0' });
    text_add_char(out, '\'');
}

/* An entry of zsh's _describe: a colon ends the word. */
static void add_described(struct text *out, const char *word, const char *sign, const char *meaning)
{
    struct text entry = { 0 };

    text_addf(&entry, "%s%s:%s", word, sign, meaning);
    text_add(out, "    ");
    add_quoted(out, text_string(&entry));
    text_add_char(out, '\n');
    out->failed = out->failed || entry.failed;
    text_clear(&entry);
}

/* But those in quotes, which are several words for the shell. */
static void add_words(struct text *out, const char *const *words)
{
    const char *between = "";

    for (const char *const *word = words; word != NULL && *word != NULL; word++)
        if (**word != '"') {
            text_addf(out, "%s%s", between, *word);
            between = " ";
        }
}

/* What a value of an option may be, as far as it is a word of a list. */
static void add_values(struct text *out, const struct option *option)
{
    if (option->type == OPTION_SWITCH)
        text_add(out, "on off");
    else
        add_words(out, option->type == OPTION_VARIABLE ? NULL : option->choices); /* expressions hold signs of the shell */
}

static void add_examples(struct text *out)
{
    struct frame *index = bundled_index(NULL);
    const struct column *names = index == NULL ? NULL : frame_find(index, "name");

    for (int32_t i = 0; names != NULL && i < names->level_count; i++)
        text_addf(out, "%s%s", i > 0 ? " " : "", names->levels[i]);
    frame_free(index);
}

/* The values of an option of the program, which are mostly those of a setting. */
static void add_argument_values(struct text *out, const char *name)
{
    if (strcmp(name, "color") == 0)
        text_add(out, "always never auto");
    else if (option_find(settings_table, name) != NULL)
        add_values(out, option_find(settings_table, name));
}

/* --- bash --------------------------------------------------------------------------------------- */

static const char bash_code[] = "# The words for the end of a text of commands.\n"
                                "_mixsh_line()\n"
                                "{\n"
                                "    local text=$cur quote= last word command before words\n"
                                "\n"
                                "    case $text in [\\'\\\"]*) quote=${text:0:1} text=${text:1} ;; esac\n"
                                "    last=${text##*;}\n"
                                "    last=${last#\"${last%%[! ]*}\"}\n"
                                "    command=${last%%[ ,]*}\n"
                                "    word=${last##*[ ,=]}\n"
                                "    before=${text%\"$word\"}\n"
                                "    words=${last%\"$word\"}\n"
                                "    case $words in\n"
                                "    *,*=)\n"
                                "        words=${words%=}\n"
                                "        words=$(_mixsh_values \"$command\" \"${words##*[ ,]}\") ;;\n"
                                "    *,*) words=$(_mixsh_options \"$command\") ;;\n"
                                "    'load '*) words=$_mixsh_examples ;;\n"
                                "    'help '*) words=$_mixsh_commands ;;\n"
                                "    'set '*) words=$_mixsh_settings ;;\n"
                                "    *' '*) return ;;\n"
                                "    *) words=$_mixsh_commands ;;\n"
                                "    esac\n"
                                "    compopt -o nospace\n"
                                "    mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\")\n"
                                "    for word in \"${!COMPREPLY[@]}\"; do\n"
                                "        COMPREPLY[word]=$quote$before${COMPREPLY[word]}\n"
                                "    done\n"
                                "    # Of a single word bash would close the quote.\n"
                                "    [[ -n $quote && ${#COMPREPLY[@]} -eq 1 ]] && COMPREPLY+=(\"${COMPREPLY[0]} ...\")\n"
                                "}\n"
                                "\n"
                                "_mixsh()\n"
                                "{\n"
                                "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
                                "\n"
                                "    if [[ $cur == = ]]; then\n"
                                "        cur=\n"
                                "    elif [[ $prev == = ]]; then\n"
                                "        prev=${COMP_WORDS[COMP_CWORD-2]}\n"
                                "    fi\n"
                                "    COMPREPLY=()\n"
                                "    case $prev in\n"
                                "    -e|--execute) _mixsh_line; return ;;\n"
                                "    --*)\n"
                                "        mapfile -t COMPREPLY < <(compgen -W \"$(_mixsh_values - \"${prev#--}\")\" -- \"$cur\")\n"
                                "        [[ ${#COMPREPLY[@]} -gt 0 ]] && return ;;\n"
                                "    esac\n"
                                "    if [[ $cur == -* ]]; then\n"
                                "        mapfile -t COMPREPLY < <(compgen -W \"$_mixsh_arguments\" -- \"$cur\")\n"
                                "    else\n"
                                "        compopt -o filenames\n"
                                "        mapfile -t COMPREPLY < <(compgen -d -- \"$cur\"; compgen -f -X '!*.mix' -- \"$cur\")\n"
                                "    fi\n"
                                "}\n"
                                "\n"
                                "complete -F _mixsh mixsh\n";

static void add_bash_options(struct text *out)
{
    text_add(out, "_mixsh_options()\n{\n    case $1 in\n");
    for (size_t i = 0; commands[i] != NULL; i++) {
        if (commands[i]->options == NULL)
            continue;
        text_addf(out, "    %s) echo '", commands[i]->name);
        for (const struct option *o = commands[i]->options; o->name != NULL; o++)
            text_addf(out, "%s%s%s", o == commands[i]->options ? "" : " ", o->name, o->type == OPTION_FLAG ? "" : "=");
        text_add(out, "' ;;\n");
    }
    text_add(out, "    esac\n}\n\n");
}

static void add_values_line(struct text *out, const char *owner, const char *name, const struct text *values)
{
    if (values->length > 0)
        text_addf(out, "    %s.%s) echo '%s' ;;\n", owner, name, text_string(values));
    out->failed = out->failed || values->failed;
}

/* A function that prints the values of option $2 of command $1 (-: of the program). */
static void add_value_cases(struct text *out)
{
    struct text values = { 0 };
    bool value;

    text_add(out, "_mixsh_values()\n{\n    case $1.$2 in\n");
    for (int i = 0; arguments_option(i, &value) != NULL; i++) {
        text_truncate(&values, 0);
        if (value)
            add_argument_values(&values, arguments_option(i, &value));
        add_values_line(out, "-", arguments_option(i, &value), &values);
    }
    for (size_t i = 0; commands[i] != NULL; i++)
        for (const struct option *o = commands[i]->options; o != NULL && o->name != NULL; o++) {
            text_truncate(&values, 0);
            add_values(&values, o);
            add_values_line(out, commands[i]->name, o->name, &values);
        }
    text_add(out, "    esac\n}\n\n");
    text_clear(&values);
}

static void add_bash(struct text *out)
{
    bool value;

    text_add(out, "# Completion of mixsh for bash, made by `mixsh --completion=bash`.\n_mixsh_commands='");
    for (size_t i = 0; commands[i] != NULL; i++)
        text_addf(out, "%s%s", i > 0 ? " " : "", commands[i]->name);
    text_add(out, "'\n_mixsh_arguments='");
    for (int i = 0; arguments_option(i, &value) != NULL; i++)
        text_addf(out, "%s--%s", i > 0 ? " " : "", arguments_option(i, &value));
    text_add(out, "'\n_mixsh_settings='");
    for (const struct option *o = settings_table; o->name != NULL; o++)
        text_addf(out, "%s%s", o == settings_table ? "" : " ", o->name);
    text_add(out, "'\n_mixsh_examples='");
    add_examples(out);
    text_add(out, "'\n\n");
    add_bash_options(out);
    add_value_cases(out);
    text_add(out, bash_code);
}

/* --- zsh ---------------------------------------------------------------------------------------- */

static const char zsh_code[] = "_mixsh_line()\n"
                               "{\n"
                               "    local line=${PREFIX##*;} command option\n"
                               "\n"
                               "    line=${line##[[:space:]]#}\n"
                               "    command=${line%%[ ,]*}\n"
                               "    compset -P '*[;, =]'\n"
                               "    line=${line%$PREFIX}\n"
                               "    option=${${line%=}##*[ ,]}\n"
                               "    case $line in\n"
                               "    *,*=) compadd -S '' -- ${=\"$(_mixsh_values $command $option)\"} ;;\n"
                               "    *,*) _mixsh_options $command ;;\n"
                               "    'load ') compadd -S '' -- ${=_mixsh_examples} ;;\n"
                               "    'set ') compadd -S '' -- ${=_mixsh_settings} ;;\n"
                               "    ''|'help ') _describe -t commands command _mixsh_commands -S '' ;;\n"
                               "    *) _message 'arguments of the command' ;;\n"
                               "    esac\n"
                               "}\n"
                               "\n"
                               "_mixsh_argument_values()\n"
                               "{\n"
                               "    compadd -- ${=\"$(_mixsh_values - $1)\"}\n"
                               "}\n"
                               "\n"
                               "setopt local_options extended_glob\n"
                               "_arguments -s $_mixsh_arguments '*:script:_files -g \"*.mix\"'\n";

/* An array of entries `option=:meaning` for each command, and a function that offers them. */
static void add_zsh_options(struct text *out)
{
    text_add(out, "_mixsh_options()\n{\n    local -a found\n    case $1 in\n");
    for (size_t i = 0; commands[i] != NULL; i++) {
        if (commands[i]->options == NULL)
            continue;
        text_addf(out, "    %s) found=(\n", commands[i]->name);
        for (const struct option *o = commands[i]->options; o->name != NULL; o++)
            add_described(out, o->name, o->type == OPTION_FLAG ? "" : "=", o->help);
        text_add(out, "    ) ;;\n");
    }
    text_add(out, "    esac\n    _describe -t values option found -S ''\n}\n\n");
}

static void add_zsh_arguments(struct text *out)
{
    const char *name;
    bool value;

    text_add(out, "local -a _mixsh_arguments\n_mixsh_arguments=(\n");
    for (int i = 0; (name = arguments_option(i, &value)) != NULL; i++)
        if (strcmp(name, "execute") == 0)
            text_add(out, "    '*-e:commands: _mixsh_line'\n    '*--execute=:commands: _mixsh_line'\n");
        else if (value)
            text_addf(out, "    '--%s=:%s: _mixsh_argument_values %s'\n", name, name, name);
        else
            text_addf(out, "    '--%s'\n", name);
    text_add(out, ")\n\n");
}

static void add_zsh(struct text *out)
{
    text_add(out, "#compdef mixsh\n# Completion of mixsh for zsh, made by `mixsh --completion=zsh`.\nlocal -a _mixsh_commands\n"
                  "_mixsh_commands=(\n");
    for (size_t i = 0; commands[i] != NULL; i++)
        add_described(out, commands[i]->name, "", commands[i]->brief);
    text_add(out, ")\nlocal _mixsh_settings='");
    for (const struct option *o = settings_table; o->name != NULL; o++)
        text_addf(out, "%s%s", o == settings_table ? "" : " ", o->name);
    text_add(out, "'\nlocal _mixsh_examples='");
    add_examples(out);
    text_add(out, "'\n");
    add_zsh_arguments(out);
    add_zsh_options(out);
    add_value_cases(out);
    text_add(out, zsh_code);
}

bool script_complete(const char *shell, struct text *out)
{
    if (strcmp(shell, "bash") == 0)
        add_bash(out);
    else if (strcmp(shell, "zsh") == 0)
        add_zsh(out);
    else
        return false;
    return true;
}
