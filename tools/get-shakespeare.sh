#!/usr/bin/env bash
# Downloads tiny Shakespeare as shakespeare.txt: 1.1 MB of plays, a usual benchmark for character models.
#
#   tools/get-shakespeare.sh             into the folder data/ of the project
#   tools/get-shakespeare.sh FOLDER      into another folder, which is created if it does not exist
#
# The file appears only after its checksum was verified. An existing file is never changed. The text is downloaded with
# curl or wget from the address in SCANGRAD_SHAKESPEARE_URL; the default is the place where it was first published.

source "$(dirname "${BASH_SOURCE[0]}")/setup.sh"
published=https://raw.githubusercontent.com/karpathy/char-rnn/master/data/tinyshakespeare/input.txt
digest=86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed
url=${SCANGRAD_SHAKESPEARE_URL:-$published}
folder=$root/data
for option; do
  case $option in
    -h | --help) usage && exit ;;
    -*) unknown "$option" ;;
    *) folder=$option ;;
  esac
done
(($# <= 1)) || die "$# folders were given, but only one is possible"
text=$folder/shakespeare.txt

is_right() { [[ $(sha256sum <"$1") == "$digest "* ]]; }

load() {
  if runs curl; then
    curl -fsSL --connect-timeout 20 --retry 2 -o "$1" "$url" 2>&1
  elif runs wget; then
    wget -nv --timeout=20 --tries=3 -O "$1" "$url" 2>&1
  else
    echo "neither curl nor wget is installed"
    return 1
  fi
}

if [[ -e $text ]]; then
  is_right "$text" || die "$text exists but holds another text; move it away first"
  echo "$text exists already"
  exit
fi
mkdir -p "$folder" 2>/dev/null || die "the folder $folder cannot be created"
unfinished=$(mktemp "$folder/.shakespeare.XXXXXX" 2>/dev/null) || die "the folder $folder is not writable"
trap 'rm -f "$unfinished"' EXIT
said=$(load "$unfinished") || die "cannot download $url: ${said##*$'\n'}"
is_right "$unfinished" || die "the text at $url is not the expected one (its SHA-256 is not $digest)"
chmod 644 "$unfinished"
mv "$unfinished" "$text"
echo "$text"
