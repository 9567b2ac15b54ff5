#!/usr/bin/env bash
# Installs missing packages, then builds and runs the tests.
#
#   tools/test.sh             checks the formatting; runs the tests in float, and in double with AddressSanitizer and UBSan
#                             (memory errors and undefined behaviour)
#   tools/test.sh --quick     runs the tests in float and double without these sanitizers
#   tools/test.sh --all       also runs: the tests in double without sanitizers; the check of rounding errors; slow tests:
#                             the library as a Meson subproject, benchmarks with made-up frameworks, weights from and to
#                             PyTorch, BLIS in other places; the program and the file readers with these sanitizers; the
#                             tests with clang, with ThreadSanitizer, without BLIS and OpenMP, for any x86-64 processor,
#                             and for an emulated aarch64 processor; a training that is killed 200 times; fuzzing of the
#                             file readers
#   tools/test.sh --coverage  only measures which lines of core, ops and nn the tests run: build-coverage/index.html
#
# With --resume, tests that passed the last time are skipped if no source file has changed since.
#
# Each build has its own folder: build-test, build-asan, and so on. A second call compiles only what has changed. The last
# line is a summary such as "321 passed, 0 failed". The exit status is 1 if anything failed.

source "$(dirname "${BASH_SOURCE[0]}")/setup.sh"
passed=0 failed=0 skipped=0

formatted() {
  find "$root"/{core,ops,nn,models,tools,tests} -name '*.h' -o -name '*.cpp' | sort |
    xargs -d '\n' "$CLANG_FORMAT" --dry-run -Werror
}

# The variable `targets` names the targets to build; unset: all of them.
build() { configure "$@" && "$MESON" compile -C "$root/$1" --ninja-args="${targets:-all,meson-test-prereq}"; }

# one LABEL COMMAND...: runs a command that counts as one test.
one() { if quietly "$@"; then ((passed += 1)); else ((failed += 1)); fi; }

# unchanged FILE: whether the file exists and is newer than every source file.
unchanged() {
  local sources=("$root"/{core,ops,nn,models,tools,tests,meson.build,meson_options.txt})
  [[ -f $1 && -z $(find "${sources[@]}" -type f -newer "$1" -not -name '*.pyc' -print -quit) ]]
}

results() { grep -cE "\"result\": \"($1)\"" "$2" || true; }

# suite LABEL FOLDER [OPTION...] [-- TEST-OPTION...]: builds with these options, runs the tests and counts the results in
# Meson's log. A failed build and a run without any test count as one failed test.
suite() {
  local label=$1 folder=$2 options=() start log all good left
  local record=$root/$folder/passed-${label// /-}  # exists if all tests passed, and holds their number
  shift 2
  if [[ $resume ]] && unchanged "$record"; then
    read -r good left <"$record"
    ((passed += good, skipped += left, 1))
    printf '%-32s  unchanged\n' "$label: tests"
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
# By default the library in double is compiled with the sanitizers only.
both=(build-test -Dprecision=both -Dpython=enabled --)
case $depth in
  all) suite "release" "${both[@]}" ;;
  quick) suite "release" "${both[@]}" --no-suite slow ;;
  *)
    targets=tests-but-double \
      suite "release" build-float -Dpython=enabled -- --no-suite slow --no-suite double
    ;;
esac

# sanitized LABEL TARGETS TEST-OPTION...: memory leaks count as errors. halt_on_error makes a test fail on undefined
# behaviour, which is otherwise only printed. -Og -g1 compiles the tests three times as fast as -O1 -g. The checks of null
# pointers and of alignment are part of "plain" below: here they would make the build take 1.5 times as long.
sanitized() {
  ASAN_OPTIONS=detect_leaks=1 UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1 targets=$2 \
    suite "$1" build-asan -Doptimization=g -Ddebug=true "-Dcpp_args=-g1 -fno-sanitize=null,alignment" \
    -Db_sanitize=address,undefined -Db_lundef=false -- "${@:3}"
}
[[ $depth == quick ]] || sanitized "sanitizers" tests/tests-double,scangrad-check-bptt --suite double

if [[ $depth == all ]]; then
  sanitized "sanitizers, program" tests-to-sanitize --suite program --suite fuzz
  # These suites do not depend on the build: they have run above.
  # Neither does the library in double show more with another compiler than the one in float.
  same=(--no-suite slow --no-suite embed --no-suite structure --no-suite scripts --no-suite torch --no-suite double)
  # -O1 and 30 seconds of fuzzing: all suites together may take 90 minutes on two cores.
  CXX=clang++-14 targets=tests-but-double suite "clang" build-clang -Doptimization=1 -Dpython=enabled -- "${same[@]}"
  # ThreadSanitizer understands clang's OpenMP (its tool Archer reports which thread waits for which), but neither libgomp
  # nor BLIS: hence clang and plain loops. It ignores vectors of more than 16 bytes: hence neither native vectors nor tiles.
  CXX=clang++-14 TSAN_OPTIONS="suppressions='$root/tests/tsan.supp'" OMP_NUM_THREADS=4 targets=tests/tests-float \
    suite "threads" build-tsan -Doptimization=1 -Ddebug=true "-Dcpp_args=-g1 -DSCANGRAD_WITHOUT_TILES" \
    -Db_sanitize=thread -Db_lundef=false -Dnative=false -Dblis=disabled -- --suite float
  targets=tests-but-double suite "plain" build-plain -Doptimization=1 -Dblis=disabled -Dopenmp=disabled \
    "-Dcpp_args=-fsanitize=null,alignment -fno-sanitize-recover=all" -Dcpp_link_args=-fsanitize=undefined \
    -Db_lundef=false -- "${same[@]}"
  # Only in float, which has its own vector functions for any width; in double the functions are those of the system.
  # Without tiles BLIS computes all products, as on processors without AVX-512.
  targets=tests/tests-float suite "any x86-64" build-portable -Dnative=false -Dcpp_args=-DSCANGRAD_WITHOUT_TILES \
    -- --suite float
  # Without BLIS, whose package would need arm64 as a second architecture of this system.
  targets=tests/tests-float suite "aarch64" build-aarch64 --cross-file="$root/tests/cross/aarch64.ini" \
    -Dpkg_config_path="$root/tests/cross" -Doptimization=1 -Dnative=false -Dblis=disabled -Dtools=disabled -- --suite float
  one "200 kills" python3 "$root/tests/tools/kills_test.py" "$root/build-test/scangrad" 200
  one "fuzzing" "$root/tools/fuzz.sh" 30
fi

printf '%-32s%5d s\n' "total" $SECONDS
summary="$passed passed, $failed failed"
((skipped == 0)) || summary+=", $skipped skipped"
echo "$summary"
((failed == 0))
