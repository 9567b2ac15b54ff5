#!/usr/bin/env bash
# Fuzzing: tests the functions that read files with random inputs, with libFuzzer, AddressSanitizer and UBSan.
#
#   tools/fuzz.sh 60                     every target for 60 seconds, one target per core at a time
#   tools/fuzz.sh 600 npy csv            only these targets
#
# The targets are the files in tests/fuzz. Inputs that reach new code are kept in build-fuzz/corpus, and the next call
# starts from them. The table shows for each target: inputs tried, inputs per second, edges (cov) and features (ft) of the
# code that were reached, and inputs kept. If an input breaks a rule of tests/fuzz/limits.cpp, the script prints how to
# repeat it, and the exit status is 1.

source "$(dirname "${BASH_SOURCE[0]}")/setup.sh"
folder=$root/build-fuzz  # holds the build, and the inputs found, which stay when the build is deleted
seconds=${1-}
case $seconds in
  -h | --help) usage && exit ;;
  -*) unknown "$seconds" ;;
  '' | *[!0-9]*) die "the number of seconds is '$seconds', but a whole number is needed" ;;
esac
known=()
while read -r source; do known+=("$(basename "$source" .cpp)"); done < <(grep -ls '^void fuzz(' "$root"/tests/fuzz/*.cpp)
targets=("${@:2}")
((${#targets[@]} > 0)) || targets=("${known[@]}")
for target in "${targets[@]}"; do
  [[ " ${known[*]} " == *" $target "* ]] || die "the target is '$target', but one of ${known[*]} is needed"
done
setup fuzz

build() {
  # -O1 and plain loops: fuzzing looks for errors, not for speed.
  configure build-fuzz/build -Dfuzz=enabled --buildtype=release -Db_ndebug=false -Doptimization=1 -Ddebug=true \
    -Dcpp_args=-gline-tables-only -Db_lundef=false -Dblis=disabled -Dopenmp=disabled &&
    "$MESON" compile -C "$folder/build" --ninja-args="$(IFS=,; echo "${targets[*]/#/tests/fuzz-}")"
}
CXX=clang++-14 quietly "build" build || exit 1

# The targets write and read small files: in memory where possible.
scratch=$(TMPDIR=$([[ -w /dev/shm ]] && echo /dev/shm || echo "${TMPDIR:-/tmp}") mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# run TARGET: prints its row of the table; fails if an input broke a rule.
run() {
  local corpus=$folder/corpus/$1 log=$folder/$1.log status=0 crash
  mkdir -p "$corpus" "$folder/crashes"
  TMPDIR=$scratch nice -n 19 "$folder/build/tests/fuzz-$1" -max_total_time="$seconds" -max_len=65536 -timeout=60 \
    -use_value_profile=1 -print_final_stats=1 -verbosity=1 -artifact_prefix="$folder/crashes/$1-" \
    "$corpus" "$root/tests/fuzz/corpus/$1" >"$log" 2>&1 || status=1
  awk -v target="$1" '
    / cov: / { for (i = 2; i <= NF; ++i) last[$(i - 1)] = $i }
    /^stat::number_of_executed_units/ { count = $2 }
    /^stat::average_exec_per_sec/ { rate = $2 }
    END {
      sub("/.*", "", last["corp:"])
      printf "%-20s%12d%12d%8d%8d%8d\n", target, count, rate, last["cov:"], last["ft:"], last["corp:"]
    }' "$log"
  ((status)) || return 0
  crash=$(sed -n 's/.*Test unit written to //p' "$log" | tail -n 1)
  echo "$unit: $1: $(grep -m 1 -E '^fuzz: |ERROR: |runtime error: ' "$log" || tail -n 1 "$log")"
  [[ -z $crash ]] || echo "$unit: to repeat this: build-fuzz/build/tests/fuzz-$1 $crash"
  return 1
}

printf '%-20s%12s%12s%8s%8s%8s\n' target inputs 'per second' cov ft kept
failed=0 running=0
one_less() { wait -n || ((failed += 1)); ((running -= 1)) || true; }
for target in "${targets[@]}"; do
  ((running < $(nproc))) || one_less
  run "$target" &
  ((running += 1))
done
while ((running > 0)); do one_less; done
((failed == 0)) || die "$failed of ${#targets[@]} targets failed; their logs are build-fuzz/TARGET.log"
