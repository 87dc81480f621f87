# The tests that `run` and `one` ask.  A test is KIND/NAME; $mutants is the folder of the run, $worker one of its own for each that works.

# The tests of the KINDS that are asked, a line each.
all_tests()
{
    (cd "$mutants/tree/tests" && {
        (cd cli && ls -- *.mix | sed 's|\(.*\)\.mix$|cli/\1|')
        (cd cases && ls -d -- */ | sed 's|\(.*\)/$|cases/\1|')
        (cd load/traps && ls -- | grep -v "[ ']" | sed 's|^|load/|')
        sed -n 's/^\([a-z0-9-]*\) ::.*/verbs-models\/\1/p' verbs-models/models
        # Not those whose copies of the process would write the files of one another (tests/faults/refused).
        (cd cli && ls -- *.mix | sed 's|\.mix$||' | grep -vxF "$(sed -n "s/^writes='\(.*\)'/\1/p" ../faults/refused | tr ' ' '\n' | grep .)" |
            sed 's|^|refused/|')
        (cd unit && ls -- test-*.c | sed 's|\(.*\)\.c$|unit/\1|')
        printf 'reference/%s\n' engine-cases shell-cases infer-cases
    }) | while IFS= read -r name; do
        case ,$kinds, in ',*,' | *",${name%%/*},"*) echo "$name" ;; esac
    done
}

# limited SECONDS COMMAND...: runs it in a session of its own, with so much time of the processor for each process, and ends what is left;
# with the library of the sanitizer where $preload names it.
limited()
{
    seconds=$1
    shift
    [ -z "$preload" ] && memory=12000000 || memory=unlimited
    setsid -w sh -c 'echo $$ >"$1"; ulimit -S -t "$2"; ulimit -v "$3"; [ -z "$4" ] || export LD_PRELOAD="$4"; shift 4
        exec timeout -k 5 900 "$@"' sh "$worker/session" "$seconds" "$memory" "$preload" "$@" </dev/null
    status=$?
    left=
    [ $status = 0 ] || left=$(ps -o pid= -s "$(cat "$worker/session")")
    [ -z "$left" ] || kill -KILL $left 2>/dev/null
    return $status
}

# quick TEST LIBRARY SECONDS: what it prints, and the status, without the care that the tests themselves take; false for a test that has
# no such form.
quick()
{
    called=${1#*/}
    rm -rf "$worker/quick" && mkdir -p "$worker/quick/home"
    arguments=script.mix
    case $1 in
    cli/*)
        cp "$mutants/tree/tests/cli/$called.mix" "$worker/quick/"
        [ ! -d "$mutants/tree/tests/cli/$called.d" ] || cp -r "$mutants/tree/tests/cli/$called.d/." "$worker/quick/"
        arguments=$(sed -n '1s/^#! *//p' "$worker/quick/$called.mix" | sed "s/%s/$called.mix/g")
        arguments=${arguments:-$called.mix}
        ;;
    cases/*) cp -r "$mutants/tree/tests/cases/$called/." "$worker/quick/" ;;
    load/*)
        [ -d "$worker/traps" ] || cp -rs "$mutants/tree/tests/load/traps" "$worker/traps"
        printf 'load "%s"\nhead 6\n' "$called" >"$worker/quick/script.mix"
        arguments=../quick/script.mix
        ;;
    *) return 1 ;;
    esac
    (
        case $1 in
        load/*) cd "$worker/traps" || exit 99 ;;
        *) cd "$worker/quick" || exit 99 ;;
        esac
        ASAN_OPTIONS=detect_leaks=0:verify_asan_link_order=0
        export ASAN_OPTIONS
        HOME=$worker/quick/home XDG_STATE_HOME=$HOME/state XDG_CONFIG_HOME=$HOME/config MIXSH_DATADIR=$mutants/tree/data
        LC_ALL=C.UTF-8 TZ=UTC OPENBLAS_NUM_THREADS=1 LD_LIBRARY_PATH=$2
        export HOME XDG_STATE_HOME XDG_CONFIG_HOME MIXSH_DATADIR LC_ALL TZ OPENBLAS_NUM_THREADS LD_LIBRARY_PATH
        ulimit -c 0
        eval "limited $3 \"\$mutants/programs/src-mixsh\" --no-init $arguments"
        echo "[status $?]"
    ) 2>&1
}

# whole TEST LIBRARY SECONDS: whether it passes, as `make check` runs it.
whole()
{
    (
        cd "$mutants/tree/build" || exit 99
        MIXSH=$mutants/programs/src-mixsh srcdir=$mutants/tree builddir=$mutants/tree/build LD_LIBRARY_PATH=$2
        [ -z "$preload" ] || export ASAN_OPTIONS=detect_leaks=0:verify_asan_link_order=0
        export MIXSH srcdir builddir LD_LIBRARY_PATH
        ulimit -c 0
        case $1 in
        load/*) # what is read, and that what is advised can be typed
            quick "$1" "$2" "$3" >"$worker/read" && cmp -s "$worker/read" "$(base_of "$1")" &&
                limited "$3" sh "$srcdir/tests/run" "$srcdir/tests/load/run" "${1#*/}"
            ;;
        unit/* | reference/*) limited "$3" sh "$srcdir/tests/run" "$mutants/programs/tests-$(flat "$1")" ;;
        refused/*)
            builddir=$mutants/places
            limited "$3" sh "$srcdir/tests/run" "$srcdir/tests/faults/refused" "${1#*/}"
            ;;
        *) limited "$3" sh "$srcdir/tests/run" "$srcdir/tests/${1%%/*}/run" "${1#*/}" ;;
        esac
    ) >"$worker/log" 2>&1
}

# flat NAME: as the name of one file.
flat()
{
    printf '%s' "$1" | tr / -
}

# The files of a test's trace and of what it printed.
trace_of()
{
    echo "$mutants/traces/$(flat "$1")"
}
base_of()
{
    echo "$mutants/base/$(flat "$1")"
}

# passes TEST: whether it passes without a mutant, which is asked once.
passes()
{
    verdict_of=$mutants/passes/$(flat "$1")
    if [ ! -s "$verdict_of" ]; then
        whole "$1" "$mutants/plain" 600 && echo passes >"$verdict_of" || echo fails >"$verdict_of"
    fi
    grep -qx passes "$verdict_of"
}

# Traces each test that was not traced yet, but for those that are known to take SECONDS or more, which are not asked; with $traced_only none.
trace_all()
{
    touch times
    all_tests >tests
    [ -z "$traced_only" ] || return 0
    awk -F '\t' -v most="$budget" '
        FILENAME == "times" { if (most > 0 && $1 >= 1000 * most) long[$2] = 1; next }
        !($0 in long)' times tests | while IFS= read -r name; do
        [ -f "$(trace_of "$name")" ] || echo "$name"
    done >untraced
    [ -s untraced ] || return 0
    prepare_traced || return 1
    program src/mixsh || return 1
    echo "tracing $(wc -l <untraced) tests"
    export jobs
    tr '\n' '\0' <untraced | xargs -0 -n 3 -P "$jobs" sh "$here/trace" || return 1
}
