#!/usr/bin/env bash
# Installs missing packages, builds the program, trains minGRU on the paper's selective-copying task and draws the
# learning curve. This takes less than three minutes on two cores, without the download of packages.
#
#   tools/quickstart.sh
#
# The program is build/scangrad. The trained network and the curve are in runs/quickstart, after the next call in
# runs/quickstart-2, and so on.

source "$(dirname "${BASH_SOURCE[0]}")/setup.sh"
for option; do
  case $option in
    -h | --help) usage && exit ;;
    *) unknown "$option" ;;
  esac
done

build() { configure build -Dtests=disabled && "$MESON" compile -C "$root/build" scangrad:executable; }

# The first folder name that is not used yet: an older result is never overwritten.
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
printf '\n%-32s%5d s\n%-32s%5d s\n' "training" $((SECONDS - start)) "total" $SECONDS

[[ $PWD == "$root" ]] && here='' || here=$root/
run=$here${run#"$root/"}
[[ ! -f $run/curve.png ]] || echo "the curve: $run/curve.png"
cat <<END

Next you can:
  ${here}build/scangrad eval $run --length 128
      evaluate the same network on sequences twice as long
  ${here}build/scangrad train copy --mixer minlstm
      train minLSTM instead; --help-all lists all other options
  ${here}tools/test.sh
      run the tests
END
