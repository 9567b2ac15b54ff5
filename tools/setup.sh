#!/usr/bin/env bash
# Checks that the programs and libraries which scangrad needs are installed, and installs those that are missing.
#
#   tools/setup.sh             for the program
#   tools/setup.sh test        also for the tests
#   tools/setup.sh all         also for the tests with other compilers
#   tools/setup.sh coverage    for the tests and their coverage
#
# --test, --all and --coverage mean the same. On Debian and Ubuntu the script installs packages with apt-get, as root or
# with sudo. On other systems it prints what to install, with the oldest versions that work, and stops. A program or
# library that works is used as it is, also when it is not from a package. The variable CXX chooses another compiler than g++.

# The other scripts source this file. It holds the functions that they share.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
unit=$(basename "$0" .sh)
export CXX=${CXX:-g++}

die() {
  echo "$unit: $*" >&2
  exit 1
}

# --help prints the comment at the top of the script.
usage() { sed -n '2,/^$/s/^# \{0,1\}//p' "$0"; }
unknown() { die "$1 is not an option; --help lists the options"; }

# On a terminal: shows a label followed by the newest line of the input.
newest_line() {
  local width line
  [[ -t 1 ]] || { cat >/dev/null && return; }
  width=$(tput cols 2>/dev/null || echo 80)
  while IFS= read -r line; do printf '\r\033[K%-32s %.*s' "$1" $((width - 34)) "$line"; done
  printf '\r\033[K%-32s' "$1"
}

# quietly LABEL COMMAND...: runs the command with its output in a log; prints how long it took, or its errors.
quietly() {
  local label=$1 start=$SECONDS log
  log=$(mktemp)
  printf '%-32s' "$label"
  if "${@:2}" </dev/null 2>&1 | tee "$log" | newest_line "$label"; then
    printf '%5d s\n' $((SECONDS - start))
    rm "$log"
  else
    printf '%5d s   failed\n' $((SECONDS - start))
    # After a failed compilation only the messages about the failed files, otherwise the whole output.
    { sed -n '/^FAILED:/,/^\[[0-9]*\/[0-9]*\] /p' "$log" | grep . || cat "$log"; } | head -n 200
    echo "$unit: the whole log is $log"
    return 1
  fi
}

# Each of these runs the program or the compiler, because a program in PATH does not always work.
compiles() { $CXX -std=c++20 "${@:2}" -x c++ - -o /dev/null <<<"$1" 2>/dev/null; }
have_compiler() { compiles $'#include <bit>\n#if (__clang_major__ + 0) < 14 && __GNUC__ < 12\n#error\n#endif' -c; }
have_header() { compiles $'#if !__has_include(<'"$1"$'>)\n#error\n#endif' -shared "${@:2}"; }
runs() { "$1" --version >/dev/null 2>&1; }
has_ctags() { [[ $("$1" --version 2>/dev/null) == "Universal Ctags"* ]]; }
has_torch() { "$1" -c 'import numpy, torch' >/dev/null 2>&1; }
has_python() {
  "$1" -c 'import numpy, pytest, sysconfig; open(sysconfig.get_path("include") + "/Python.h")' >/dev/null 2>&1
}

find_meson() {
  local each
  while read -r each; do
    printf '1.0.0\n%s\n' "$("$each" --version 2>/dev/null)" | sort -CV && echo "$each" && return
  done < <(type -ap meson)
  return 1
}
find_clang_format() {
  local each
  while read -r each; do
    [[ $("$each" --version 2>/dev/null) == *" version 14."* ]] && echo "$each" && return
  done < <(type -ap clang-format-14 clang-format)
  return 1
}

# missing program|test|fuzz|all|coverage: prints the Debian packages of the programs and libraries that are missing.
missing() {
  have_compiler || echo g++
  find_meson >/dev/null || echo meson
  runs ninja || echo ninja-build
  runs pkg-config || echo pkg-config
  have_header blis.h -lblis || have_header blis/blis.h -lblis || echo libblis-dev libblis-openmp-dev
  have_header fmt/format.h -lfmt || echo libfmt-dev
  have_header nlohmann/json.hpp || echo nlohmann-json3-dev
  have_header CLI/CLI.hpp || echo libcli11-dev
  runs gnuplot || echo gnuplot-nox
  [[ $1 != program ]] || return 0
  have_header doctest/doctest.h || echo doctest-dev
  find_clang_format >/dev/null || echo clang-format-14
  runs shellcheck || echo shellcheck
  has_ctags ctags || echo universal-ctags
  runs cmake || echo cmake
  has_python python3 || has_python /usr/bin/python3 || echo python3-dev python3-numpy python3-pytest
  pkg-config --exists 'pybind11 >= 2.10' 2>/dev/null || echo pybind11-dev
  [[ $1 == fuzz ]] || has_torch python3 || has_torch /usr/bin/python3 || echo python3-torch
  [[ $1 != coverage ]] || runs gcovr || echo gcovr
  [[ $1 == all || $1 == fuzz ]] || return 0
  CXX=clang++-14 have_header omp.h -fopenmp -fsanitize=thread ||
    echo clang-14 libomp-14-dev libclang-rt-14-dev
  [[ $1 == all ]] || return 0
  runs aarch64-linux-gnu-g++ || echo g++-aarch64-linux-gnu
  runs qemu-aarch64 || echo qemu-user
}

# What each package of Debian holds, for other systems: with the oldest version that works, which is the oldest that is
# tested. meson.build asks for the same versions.
contents() {
  cat <<'END'
g++                    a C++20 compiler: g++ 12 or clang++ 14
meson                  Meson 1.0.0
ninja-build            Ninja
pkg-config             pkg-config or pkgconf
libblis-dev            BLIS 0.9.0, with blis.h or blis/blis.h
libblis-openmp-dev     BLIS must be compiled for several threads by OpenMP
libfmt-dev             fmt 9.1.0
nlohmann-json3-dev     nlohmann-json 3.11.2
libcli11-dev           CLI11 2.1.2
gnuplot-nox            gnuplot, for pictures
doctest-dev            doctest 2.4.9
clang-format-14        clang-format 14, no other version
shellcheck             ShellCheck
universal-ctags        Universal Ctags
cmake                  CMake
python3-dev            Python 3.9 with its headers
python3-numpy          NumPy 1.22 for Python
python3-pytest         pytest for Python
pybind11-dev           pybind11 2.10.0
python3-torch          PyTorch 1.13 for Python
gcovr                  gcovr
clang-14               clang++ 14, with the name clang++-14
libomp-14-dev          OpenMP of clang 14
libclang-rt-14-dev     the sanitizers of clang 14
g++-aarch64-linux-gnu  g++ for aarch64, with the name aarch64-linux-gnu-g++
qemu-user              QEMU's qemu-aarch64
END
}

# explain PACKAGE...: prints their contents and ends the script.
explain() {
  local package
  echo "$unit: this system is neither Debian nor Ubuntu; install these, or newer versions:" >&2
  for package; do contents | sed -n "s/^$package  */  /p" >&2; done
  exit 1
}

# Whether this system is Debian or derived from it. The tests set SCANGRAD_OS_RELEASE to describe another system.
is_debian() {
  local family
  # shellcheck source=/dev/null
  family=$(. "${SCANGRAD_OS_RELEASE:-/etc/os-release}" 2>/dev/null && echo "${ID-} ${ID_LIKE-}")
  [[ " $family " == *" debian "* ]] && type -P apt-get >/dev/null
}

install() {
  local apt_get=(env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300)
  is_debian || explain "$@"
  if [[ $(id -u) != 0 ]]; then
    type -P sudo >/dev/null || die "installing packages needs root; run as root: apt-get install $*"
    echo "installing with sudo: $*"
    sudo true || die "sudo failed; run as root: apt-get install $*"
    apt_get=(sudo "${apt_get[@]}")
  else
    echo "installing: $*"
  fi
  # When one package source does not answer, the others may still have all packages: only the next command decides.
  quietly "package lists" "${apt_get[@]}" update || true
  quietly "packages" "${apt_get[@]}" install -y --no-install-recommends "$@" || exit 1
}

# setup program|test|fuzz|all|coverage: installs what is missing and sets MESON and CLANG_FORMAT to the programs to use.
setup() {
  local packages
  read -rd '' -a packages < <(missing "$1") || true
  if ((${#packages[@]} > 0)); then
    install "${packages[@]}"
    read -rd '' -a packages < <(missing "$1") || true
    ((${#packages[@]} == 0)) || die "still missing or older than Debian 12's: ${packages[*]}"
  fi
  MESON=$(find_meson)
  CLANG_FORMAT=$(find_clang_format || true)
  export MESON CLANG_FORMAT
}

# configure FOLDER OPTION...: creates a build folder with these options. When the options, the compiler or the path of
# the project have changed, the folder is deleted and created again. A folder configured by hand is used as it is.
configure() {
  local folder=$root/$1 asked
  asked="$root $CXX $("$MESON" --version) ${*:2}"
  if [[ -f $folder/build.ninja ]] && { [[ ! -f $folder/asked ]] || [[ $(<"$folder/asked") == "$asked" ]]; }; then
    return
  fi
  [[ ! -f $folder/asked ]] || rm -rf "$folder" || return 1
  "$MESON" setup "$folder" "$root" "${@:2}" && echo "$asked" >"$folder/asked"
}

if [[ ${BASH_SOURCE[0]} == "$0" ]]; then
  for_what=program
  for option; do
    case $option in
      test | all | coverage | --test | --all | --coverage) for_what=${option#--} ;;
      -h | --help) usage && exit ;;
      *) unknown "$option" ;;
    esac
  done
  setup "$for_what"
  echo "everything is installed"
fi
