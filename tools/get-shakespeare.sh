#!/usr/bin/env bash
# Downloads tiny Shakespeare, 1.1 MB of plays on which character models are compared, as shakespeare.txt.
#
#   tools/get-shakespeare.sh             into data/ of the clone
#   tools/get-shakespeare.sh FOLDER      into another folder, which is made where it is missing
#
# The text is checked before it appears under its name, and stays as it is where it is there already. It is loaded by
# curl or wget from SCANGRAD_SHAKESPEARE_URL, by default from where it was first published.

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
(($# <= 1)) || die "one folder is needed, but $# were given"
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
  is_right "$text" || die "$text holds another text; move it away first"
  echo "$text is there"
  exit
fi
mkdir -p "$folder" 2>/dev/null || die "$folder cannot be made"
unfinished=$(mktemp "$folder/.shakespeare.XXXXXX" 2>/dev/null) || die "$folder cannot be written"
trap 'rm -f "$unfinished"' EXIT
said=$(load "$unfinished") || die "$url cannot be loaded: ${said##*$'\n'}"
is_right "$unfinished" || die "what $url gives is another text than expected (its SHA-256 is not $digest)"
chmod 644 "$unfinished"
mv "$unfinished" "$text"
echo "$text"
