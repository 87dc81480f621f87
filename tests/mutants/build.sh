# What `run` builds, in the folder mutants/: tree/ the source, tree/build its objects, plain/ and traced/ the library of the engine.
# Programs are linked once, against the library, which each finds by LD_LIBRARY_PATH.

# Copies what was changed in the source.  Traces are kept where a file of lib/ was changed, with its lines where they are now: what is
# asked by them may miss a test that has come to a line since, never take one that does not notice.  `rm -r mutants/traces` has all anew.
copy_source()
{
    if [ ! -f tree/build/Makefile ]; then
        echo "copying and building the source once"
        # All but the folders of builds.
        mkdir -p tree && (cd "$srcdir" && for entry in * .ci .clang-format; do [ -f "$entry/config.status" ] || echo "$entry"; done |
            tar cf - -T -) | tar xf - -C tree || return 1
        (cd tree && { [ -x configure ] || autoreconf -i >/dev/null; } && mkdir -p build && cd build && ../configure -q CC="$compiler" CFLAGS='-O2 -g') || return 1
    fi
    [ -f stamp ] && newer="-newer $mutants/stamp" || newer=
    touch stamp.new
    (cd "$srcdir" && find lib src tests data -type f $newer) | while IFS= read -r file; do
        cmp -s "$srcdir/$file" "tree/$file" && continue
        case $file in lib/*.c) [ ! -f "tree/$file" ] || lines_moved "$file" >>moves ;; esac
        mkdir -p "tree/${file%/*}" && cp "$srcdir/$file" "tree/$file"
        case $file in
        lib/*.h) rm -rf base passes programs plain traced/objects ;;
        lib/* | src/*) rm -rf base passes programs plain ;;
        tests/mutants/*) ;;
        tests/unit/test-*.c) file=${file##*/} && rm -f "traces/unit-${file%.c}" "passes/unit-${file%.c}" "programs/tests-unit-${file%.c}" ;;
        tests/cli/*.mix | tests/cases/*/script.mix) forget "$file" ;;
        tests/cli/*.out | tests/cases/*) rm -rf passes ;;
        esac
    done
    mv stamp.new stamp
    [ ! -s moves ] || move_traces
}

# forget FILE: the trace of a transcript or a case.
forget()
{
    name=${1#tests/} && name=${name%.mix} && name=${name%/script}
    rm -f "$(trace_of "$name")" "$(base_of "$name")" "passes/$(flat "$name")"
}

# lines_moved FILE: where the lines of the file in tree/ stand now: FILE, FIRST and LAST line of the old one, by how many they moved, and
# beyond which line of the new one none of them comes.
lines_moved()
{
    diff "tree/$1" "$srcdir/$1" | awk -v file="$1" -v OFS='\t' '
        BEGIN { from = 1 }
        /^[0-9]/ {
            split($0, side, /[acd]/)
            olds = split(side[1], old, ",")
            news = split(side[2], new, ",")
            last = old[olds] + 0
            if (/a/) {
                print file, from, last, by + 0, 1e9
                from = last + 1
            } else {
                print file, from, old[1] - 1, by + 0, 1e9
                print file, old[1], last, new[1] - old[1], new[news] + 0
                from = last + 1
            }
            by = new[news] - last
        }
        END { print file, from, 1e9, by + 0, 1e9 }'
}

# Has the lines of traces/ and of the traced library's markers where `moves` says that they are now.
move_traces()
{
    for trace in traces/* traced/markers; do
        [ -f "$trace" ] || continue
        awk -F '\t' -v places="$trace" '
            FILENAME == "moves" {
                i = ++count[$1]
                first[$1, i] = $2; last[$1, i] = $3; by[$1, i] = $4; end[$1, i] = $5
                next
            }
            {
                words = split($0, word, " ")
                split(word[words], part, ":")
                line = part[2] + 0
                for (i = 1; i <= count[part[1]]; i++)
                    if (line >= first[part[1], i] && line <= last[part[1], i]) {
                        line += by[part[1], i]
                        line = line < 1 ? 1 : line > end[part[1], i] ? end[part[1], i] : line
                        break
                    }
                print (words > 1 ? word[1] " " : "") part[1] ":" line
            }' moves "$trace" >moving && cp moving "$trace"
    done
    rm -f moves moving
    : >moved # no test may be known to run the line of a marker
}

# link_library FOLDER OBJECT...
link_library()
{
    folder=$1
    shift
    $compiler -shared -fopenmp -fuse-ld=gold -Wl,-Bsymbolic -Wl,-soname,libmutant.so -o "$folder/libmutant.so" "$@" $libraries
}

# link_mutant FOLDER OBJECT OPTION...: a library of that object alone before all others (plain/libplain.so): where both have a function,
# programs and the rest of the engine find its.
link_mutant()
{
    folder=$1 object=$2
    shift 2
    $compiler -shared -fopenmp -fuse-ld=gold -Wl,-soname,libmutant.so -o "$folder/libmutant.so" "$object" \
        -Wl,--no-as-needed -L"$mutants/plain" -lplain "$@"
}

# The plain library; what make would do, once for all: the beginning of a compilation, the libraries.
prepare()
{
    copy_source || return 1
    (cd tree/build && make -s src/mixsh) >log 2>&1 || { tail log; echo "the source does not build" >&2; return 1; }
    compilation=$(make -n -C tree/build -W ../lib/glmm.c lib/glmm.o V=1 | sed -n 's/ -MT .*//p' | grep -- ' -I' | tail -n 1)
    libraries=$(make -n -C tree/build -W lib/libglmm-core.a src/mixsh V=1 | sed -n 's|.* lib/libglmm-core.a ||p' | tail -n 1)
    sources=$(cd tree && ls lib/*.c lib/*/*.c)
    export compilation libraries
    [ -d traces ] || rm -f moved
    mkdir -p plain traces base passes programs
    objects=$(echo "$sources" | sed 's|\(.*\)\.c$|tree/build/\1.o|')
    [ plain/libplain.so -nt tree/build/lib/libglmm-core.a ] || {
        link_library plain $objects &&
            $compiler -shared -fopenmp -fuse-ld=gold -Wl,-S -Wl,-soname,libplain.so -o plain/libplain.so $objects $libraries
    }
}

# The traced library, and `markers`: OFFSET FILE:LINE of each place that tells that it runs.
prepare_traced()
{
    [ -f traced/markers ] && [ traced/markers -nt plain/libmutant.so ] && return
    echo "building the traced library"
    mkdir -p traced/objects
    $compiler -O1 -fPIC -c -o traced/trace.o "$here/trace.c" && $compiler -O1 -DLIST -o traced/list "$here/trace.c" || return 1
    echo "$sources" | xargs -P "$jobs" -n 4 sh -c '
        for source; do
            object=$mutants/traced/objects/$(echo "${source%.c}" | tr / _).o
            [ "$object" -nt "$mutants/tree/$source" ] && continue
            (cd "$mutants/tree/build" && $compilation -w -O1 -g1 -fsanitize-coverage=trace-pc -c -o "$object" "../$source") || exit 255
        done' sh || return 1
    link_library traced traced/trace.o traced/objects/*.o || return 1
    objdump -d --no-show-raw-insn traced/libmutant.so |
        awk '/call.*__sanitizer_cov_trace_pc/ { called = 1; next } called { sub(":", "", $1); print $1; called = 0 }' >traced/offsets
    addr2line -e traced/libmutant.so <traced/offsets |
        sed 's| (discriminator.*||; s|.*/\(lib/.*\)|\1|' | paste traced/offsets - >traced/markers
}

# program NAME: links a test once, against the library; says which it is.
program()
{
    case $1 in
    unit/*) target=tests/$1 ;;
    reference/*) target=tests/$1 ;;
    refused/*) target=tests/faults/places ;;
    *) target=src/mixsh ;;
    esac
    linked=programs/$(flat "$target")
    [ -x "$linked" ] && return
    (
        flock 9
        [ -x "$linked" ] || link_program
    ) 9>>lock
}

# Links $target to $linked.
link_program()
{
    (cd tree/build && make -s "$target" && rm -f "$target.link" &&
        make -n -W lib/libglmm-core.a "$target" V=1 | sed -n "s|^rm -f [^;]*$||; s|^echo [^;]*;||; s| -o $target | -o $mutants/$linked.new |p" |
            sed "s| lib/libglmm-core.a | $mutants/plain/libmutant.so |" | tail -n 1 | sh) >"log-${linked##*/}" 2>&1
    # A program without the engine is its own.
    [ -x "$linked.new" ] || cp "tree/build/$target" "$linked.new" || return 1
    mv "$linked.new" "$linked"
    case $1 in refused/*) mkdir -p places/tests/faults && ln -sf "$mutants/$linked" places/tests/faults/places ;; esac
}
