#!/usr/bin/env bash
# Draws the pictures of the READMEs again, in today's style.
#
#   tools/pictures/regenerate.sh                      every picture
#   tools/pictures/regenerate.sh gates runtime        only these
#   tools/pictures/regenerate.sh --measure runtime    measures again first, and stores the numbers
#
# On two cores measuring takes
#
#   gates          a minute     minGRU on selective copying
#   layers         an hour      tools/study.sh layers --steps 2500
#   forget-bias    half an hour tools/study.sh forget-bias --steps 1500
#   shakespeare    5 hours      four networks; the text must be there: tools/get-shakespeare.sh
#   runtime        2 minutes    build/scangrad bench runtime --batch 1
#   inference      2 minutes    build/scangrad bench inference
#
# Measure on a machine that does nothing else. A study that was stopped is resumed by the next call. Numbers are stored
# next to the picture: PICTURE.csv, or a folder PICTURE with config.json and metrics.csv of each run. Drawing from them
# takes seconds. The picture gates has no stored numbers: its network is trained if runs/pictures/gates is not there.

# shellcheck disable=SC2317  # the functions of pictures are called by their names
source "$(dirname "${BASH_SOURCE[0]}")/../setup.sh"
program=$root/build/scangrad
here=$root/tools/pictures
runs=$root/runs/pictures
measures=false

# stored PICTURE: the numbers of a picture are stored; otherwise says how to get them.
stored() {
  [[ -e $here/$1.csv || -d $here/$1 ]] && return
  echo "$1: no numbers are stored; --measure $1 measures them" && return 1
}

# origin COMMAND: where and when numbers were measured, and how.
origin() {
  echo "# $("$program" info | sed -n 's/^cpu *//p'), $(nproc) cores"
  echo "# $(date +%Y-%m-%d), $1"
}

# store_runs PICTURE COMMAND RUN...: configuration and metrics of each run, without the path of its data.
store_runs() {
  local folder=$here/$1 run to
  rm -rf "$folder" && mkdir -p "$folder"
  origin "$2" >"$folder/measured.txt"
  for run in "${@:3}"; do
    to=$folder/$(basename "$run")
    mkdir "$to"
    sed 's|"data": ".*/|"data": "|' "$run/config.json" >"$to/config.json"
    cp "$run/metrics.csv" "$to/metrics.csv"
  done
}

# drawn PICTURE OPTION...: runs the program with these options and --out, and keeps the SVG.
drawn() {
  local name=$1
  shift
  "$program" "$@" >"$scratch/log" || die "$name: $(tail -n 1 "$scratch/log")"
  mv "$scratch/$name.svg" "$here/$name.svg" && echo "$name: ${here#"$root/"}/$name.svg"
}

# bench PICTURE OPTION...: a benchmark with the name of the picture.
bench() {
  local name=$1
  if $measures; then
    "$program" bench "$@" --out "$runs/$name" || die "$name: the benchmark failed"
    { origin "build/scangrad bench $*" && cat "$runs/$name/$name.csv"; } >"$here/$name.csv"
  fi
  stored "$name" && drawn "$name" bench "$name" --table "$here/$name.csv" --out "$scratch"
}

# study PICTURE OPTION...: a study of tools/study.sh with the name of the picture.
study() {
  local name=$1
  if $measures; then
    "$root/tools/study.sh" "$@" || die "$name: the study is not complete"
    store_runs "$name" "tools/study.sh $*" "$root/runs/$name"/*-seed*/
  fi
  stored "$name" && drawn "$name" plot --y accuracy "$here/$name"/*/ --out "$scratch/$name"
}

# train RUN OPTION...: trains a run of runs/pictures, or resumes it.
train() {
  local run=$runs/$1
  shift
  local where=("$@" --out "$run")
  [[ ! -f $run/config.json ]] || where=("$1" --resume "$run")
  "$program" train "${where[@]}" || die "the training in $run stopped"
}

picture_gates() {
  ! $measures || rm -rf "$runs/gates"
  train gates copy --preset quick
  drawn gates plot gates "$runs/gates" --out "$scratch/gates"
}
picture_layers() { study layers --steps 2500; }
picture_forget-bias() { study forget-bias --steps 1500; }
picture_shakespeare() {
  local text=(text --preset shakespeare --data "$root/data/shakespeare.txt") all=()
  if $measures; then
    [[ -f $root/data/shakespeare.txt ]] || die "data/shakespeare.txt is needed; tools/get-shakespeare.sh downloads it"
    train shakespeare-mingru "${text[@]}"
    train shakespeare-minlstm "${text[@]}" --mixer minlstm
    train shakespeare-mamba "${text[@]}" --mixer mamba --kernel 0
    train shakespeare-attention "${text[@]}" --mixer attention --heads 6 --positions 256 --kernel 0 --embed-dropout 0.2 --steps 1500
    all=("$runs"/shakespeare-*/)
    store_runs shakespeare "build/scangrad train text --preset shakespeare" "${all[@]}"
  fi
  stored shakespeare && drawn shakespeare plot "$here"/shakespeare/*/ --out "$scratch/shakespeare"
}
picture_runtime() { bench runtime --batch 1; }
picture_inference() { bench inference; }

mapfile -t known < <(sed -n 's/^picture_\([a-z-]*\)() .*/\1/p' "${BASH_SOURCE[0]}")
chosen=()
for word; do
  case $word in
    -h | --help) usage && exit ;;
    --measure) measures=true ;;
    -*) unknown "$word" ;;
    *)
      [[ " ${known[*]} " == *" $word "* ]] || die "the picture is '$word', but one of ${known[*]} is needed"
      chosen+=("$word")
      ;;
  esac
done
$measures && ((${#chosen[@]} == 0)) && die "--measure needs the names of the pictures: ${known[*]}"
[[ -x $program ]] || die "$program does not exist; tools/quickstart.sh builds it"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir -p "$runs"
missing=0
for picture in "${known[@]}"; do
  [[ ${#chosen[@]} -gt 0 && " ${chosen[*]} " != *" $picture "* ]] || "picture_$picture" || missing=1
done
exit $missing
