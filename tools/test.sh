#!/usr/bin/env bash
# Installs what is missing, then runs the checks.
#
#   tools/test.sh            the formatting; all tests, in float and in double; those in double again under the address
#                            and the undefined-behaviour sanitizer
#   tools/test.sh --quick    only the tests in float and double
#   tools/test.sh --all      also the program and what reads files under these sanitizers, with clang, under the thread
#                            sanitizer, without BLIS and OpenMP, for any x86-64, with training killed 200 times, and with
#                            inputs made to break what reads files
#   tools/test.sh --coverage only which lines of core, ops and nn the tests run: build-coverage/index.html
#
# With --resume, what passed before and has not changed since is not run again.
#
# Each build has a folder of its own, build-test, build-asan, ...; the second time only what changed is built. The last
# line sums up, "321 passed, 0 failed", and the exit status is 1 when anything failed.

source "$(dirname "${BASH_SOURCE[0]}")/setup.sh"
passed=0 failed=0 skipped=0

formatted() {
  find "$root"/{core,ops,nn,models,tools,tests} -name '*.h' -o -name '*.cpp' | sort |
    xargs -d '\n' "$CLANG_FORMAT" --dry-run -Werror
}

# targets: what to build, where that is not all.
build() { configure "$@" && "$MESON" compile -C "$root/$1" --ninja-args="${targets:-all,meson-test-prereq}"; }

# one LABEL COMMAND...: a check of its own.
one() { if quietly "$@"; then ((passed += 1)); else ((failed += 1)); fi; }

# unchanged FILE: whether it is there and newer than every source.
unchanged() {
  local sources=("$root"/{core,ops,nn,models,tools,tests,meson.build,meson_options.txt})
  [[ -f $1 && -z $(find "${sources[@]}" -type f -newer "$1" -not -name '*.pyc' -print -quit) ]]
}

results() { grep -cE "\"result\": \"($1)\"" "$2" || true; }

# suite LABEL FOLDER [OPTION...] [-- TEST-OPTION...]: builds with these options, runs the tests, counts from Meson's
# record of each test. What cannot be built, and a run without a single test, count as failed.
suite() {
  local label=$1 folder=$2 options=() start log all good left
  local record=$root/$folder/passed-${label// /-}  # how many, once all did
  shift 2
  if [[ $resume ]] && unchanged "$record"; then
    read -r good left <"$record"
    ((passed += good, skipped += left, 1))
    printf '%-32s  before\n' "$label: tests"
    return 0
  fi
  while (($# > 0)) && [[ $1 != -- ]]; do options+=("$1") && shift; done
  quietly "$label: build" build "$folder" --buildtype=release -Db_ndebug=false -Dwerror=true "${options[@]}" || {
    ((failed += 1))
    return 0
  }
  start=$SECONDS log=$root/$folder/meson-logs/testlog.json
  rm -f "$log"
  "$MESON" test -C "$root/$folder" --no-rebuild --print-errorlogs "${@:2}" || true
  [[ -s $log ]] || { echo "$unit: $label: no test ran" && ((failed += 1)) && return 0; }
  all=$(wc -l <"$log") good=$(results 'OK|EXPECTEDFAIL' "$log") left=$(results 'SKIP' "$log")
  ((passed += good, skipped += left, failed += all - good - left, 1))
  ((all > good + left)) || echo "$good $left" >"$record"
  printf '%-32s%5d s\n\n' "$label: tests" $((SECONDS - start))
}

depth=default resume=""
for option; do
  case $option in
    --quick) depth=quick ;;
    --all) depth=all ;;
    --coverage) depth=coverage ;;
    --resume) resume=yes ;;
    -h | --help) usage && exit ;;
    *) unknown "$option" ;;
  esac
done
case $depth in
  all | coverage) setup "$depth" ;;
  *) setup 'test' ;;
esac

if [[ $depth == coverage ]]; then
  targets=tests/tests-float,tests/tests-double \
    suite "coverage" build-coverage -Doptimization=0 -Db_coverage=true -- --suite float --suite double
  gcovr --root "$root" --filter "$root/(core|ops|nn)/" --exclude-unreachable-branches --html-details \
    "$root/build-coverage/index.html" --print-summary "$root/build-coverage"
  ((failed == 0)) && exit
  exit 1
fi

[[ $depth == quick ]] || one "formatting" formatted
suite "release" build-test -Dprecision=both -Dpython=enabled

# sanitized LABEL TARGETS TEST-OPTION...: leaks count as errors; undefined behaviour would be said only, and no test
# fail. -Og -g1 compiles tests three times as fast as -O1 -g.
sanitized() {
  ASAN_OPTIONS=detect_leaks=1 UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1 targets=$2 \
    suite "$1" build-asan -Doptimization=g -Ddebug=true -Dcpp_args=-g1 -Db_sanitize=address,undefined \
    -Db_lundef=false -- "${@:3}"
}
[[ $depth == quick ]] || sanitized "sanitizers" tests/tests-double --suite double

if [[ $depth == all ]]; then
  sanitized "sanitizers, program" tests-to-sanitize --suite program --suite fuzz
  # What does not depend on the build is tested once, above.
  same=(--no-suite embed --no-suite structure --no-suite scripts --no-suite torch)
  CXX=clang++-14 suite "clang" build-clang -Dpython=enabled -- "${same[@]}"
  # The thread sanitizer knows clang's OpenMP, which tells it by Archer who waits for whom, but nothing of libgomp and
  # BLIS: plain loops instead. Nor does it see vectors of more than 16 bytes: narrow ones instead.
  CXX=clang++-14 TSAN_OPTIONS="suppressions='$root/tests/tsan.supp'" OMP_NUM_THREADS=4 targets=tests/tests-float \
    suite "threads" build-tsan -Doptimization=1 -Ddebug=true -Dcpp_args=-g1 -Db_sanitize=thread -Db_lundef=false \
    -Dnative=false -Dblis=disabled -- --suite float
  suite "plain" build-plain -Dblis=disabled -Dopenmp=disabled -- "${same[@]}"
  # In float alone, whose functions are written for vectors of any width; in double they are those of the system.
  targets=tests/tests-float suite "any x86-64" build-portable -Dnative=false -- --suite float
  one "200 kills" python3 "$root/tests/tools/kills_test.py" "$root/build-test/scangrad" 200
  one "fuzzing" "$root/tools/fuzz.sh" 60
  suite "benchmarks of ops" build-bench -Dbenchmarks=enabled -Dtests=disabled -- --suite benchmarks
fi

printf '%-32s%5d s\n' "all of it" $SECONDS
summary="$passed passed, $failed failed"
((skipped == 0)) || summary+=", $skipped skipped"
echo "$summary"
((failed == 0))
