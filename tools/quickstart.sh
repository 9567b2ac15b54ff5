#!/usr/bin/env bash
# From nothing to a trained network: installs what is missing, builds the program, trains minGRU on the paper's
# selective-copying task and draws the learning curve. Under three minutes on two cores, package download apart.
#
#   tools/quickstart.sh
#
# The program is build/scangrad; the run with its picture is runs/quickstart, the next time runs/quickstart-2, ...

source "$(dirname "${BASH_SOURCE[0]}")/setup.sh"
for option; do
  case $option in
    -h | --help) usage && exit ;;
    *) unknown "$option" ;;
  esac
done

build() { configure build -Dtests=disabled && "$MESON" compile -C "$root/build" scangrad:executable; }

# The first name that is free: a result is never overwritten.
free_run() {
  local run=$root/runs/quickstart number=1
  while [[ -e $run ]]; do run=$root/runs/quickstart-$((++number)); done
  echo "$run"
}

setup program
quietly "build" build || exit 1

run=$(free_run)
start=$SECONDS
echo
"$root/build/scangrad" train copy --preset quick --out "$run" || die "training stopped; see the line above"
printf '\n%-32s%5d s\n%-32s%5d s\n' "training" $((SECONDS - start)) "all of it" $SECONDS

[[ $PWD == "$root" ]] && here='' || here=$root/
run=$here${run#"$root/"}
[[ ! -f $run/curve.png ]] || echo "the curve: $run/curve.png"
cat <<END

To try next:
  ${here}build/scangrad eval $run --length 128
      how the same network does on sequences twice as long
  ${here}build/scangrad train copy --mixer minlstm
      minLSTM instead; --help lists everything else that can be changed
  ${here}tools/test.sh
      the tests
END
