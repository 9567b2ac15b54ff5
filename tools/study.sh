#!/usr/bin/env bash
# Repeats an experiment of the paper on selective copying and prints its table. If the script was stopped, the next call
# resumes all unfinished runs.
#
#   tools/study.sh layers          1, 2 and 3 layers of minGRU and minLSTM, three seeds (the paper's Table 1)
#   tools/study.sh forget-bias     minLSTM with forget biases of 0, 1, 3 and 5, three seeds (the paper's Figure 5)
#
# Further options are passed to `scangrad train copy`, for example: tools/study.sh layers --steps 1000. One run per core
# trains at a time, each with one thread. The script needs build/scangrad, which tools/quickstart.sh builds. Runs, table
# and picture are written to runs/STUDY.

source "$(dirname "${BASH_SOURCE[0]}")/setup.sh"
program=$root/build/scangrad
study=${1-}
case $study in
  -h | --help) usage && exit ;;
  layers | forget-bias) shift ;;
  *) die "the study is '$study', but layers or forget-bias is needed" ;;
esac
[[ -x $program ]] || die "$program does not exist; tools/quickstart.sh builds it"
folder=$root/runs/$study
mkdir -p "$folder"

# One line for each run: its name, then its own options.
runs() {
  local layers bias seed
  if [[ $study == layers ]]; then
    for layers in 1 2 3; do
      for seed in 42 43 44; do
        echo "mingru-$layers-seed$seed --mixer mingru --layers $layers --seed $seed"
        echo "minlstm-$layers-seed$seed --mixer minlstm --gates normalised --layers $layers --seed $seed"
      done
    done
  else
    for bias in 0 1 3 5; do
      for seed in 42 43 44; do
        echo "bias$bias-seed$seed --mixer minlstm --forget-bias $bias --seed $seed"
      done
    done
  fi
}

# one NAME OPTION...: starts or resumes a run; its output goes to a log.
one() {
  local run=$folder/$1
  shift
  local from=(--preset t256 --save-every 250 "$@" --out "$run")
  [[ ! -f $run/config.json ]] || from=(--resume "$run")
  if "$program" train copy --threads 1 "${from[@]}" >"$run.log" 2>&1; then
    echo "$(basename "$run"): $(grep '^test accuracy' "$run.log")"
  else
    echo "$(basename "$run") stopped: $(tail -n 1 "$run.log")" && return 1
  fi
}

export -f one
export program folder
more=""
(($# == 0)) || more=$(printf ' %q' "$@")
runs | xargs -P "$(nproc)" -L 1 bash -c "one \"\$@\" $more" _ ||
  die "not all runs have finished; call the script again to resume them"

# For each kind of run: the mean over the seeds, and the result of every seed.
table() {
  local kind kinds
  kinds=$(runs | sed 's/-seed.*//' | uniq | sort -u)
  for kind in $kinds; do
    grep -h '^test accuracy' "$folder/$kind"-seed*.log |
      awk -v kind="$kind" '{ sum += $3; all = all " " $3 } END { printf "%-14s mean %6.2f %%   seeds%s\n", kind, sum / NR, all }'
  done
}
table | tee "$folder/table.txt"
"$program" plot --y accuracy "$folder"/*-seed*/ --out "$folder/curves" || true
echo "${folder#"$root/"}: table.txt curves.png"
