#!/bin/bash
# Builds and installs what the tests of this folder run of other people's programs: prepare.sh DIR. It fails for nothing: what cannot be
# had leaves its reason in DIR/go.skip or DIR/node.skip, and the tests that need it say so.
set -uo pipefail
here=$(dirname "$(readlink -f "$0")")
dir=$1
mkdir -p "$dir/node"
dir=$(readlink -f "$dir")

# ---- Go: the library is Debian's, so nothing is fetched ----
if ! command -v go >/dev/null; then
    echo "go is not there (Debian: golang-go)" >"$dir/go.skip"
elif [[ ! -d /usr/share/gocode/src/golang.org/x/mod/sumdb/tlog ]]; then
    echo "golang.org/x/mod is not there (Debian: golang-golang-x-mod-dev)" >"$dir/go.skip"
else
    rm -f "$dir/go.skip"
    for source in "$here"/go/*.go; do
        program=$dir/$(basename "$source" .go)
        [[ -x $program && ! $source -nt $program ]] && continue
        GO111MODULE=off GOPATH=/usr/share/gocode GOFLAGS='' CGO_ENABLED=0 GOCACHE=$dir/gocache go build -o "$program" "$source" ||
            rm -f "$program" # a program of ours that does not compile is a failure, not a skip
    done
fi

# ---- Node: npm installs what package-lock.json names, and nothing else ----
cp "$here"/node/*.mjs "$dir/node"
if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
    echo "node or npm is not there (Debian: nodejs, npm)" >"$dir/node.skip"
elif [[ -e $dir/node.skip || ! -d $dir/node/node_modules ]] || ! cmp -s "$here/node/package-lock.json" "$dir/node/package-lock.json"; then
    cp "$here/node/package.json" "$here/node/package-lock.json" "$dir/node"
    if (cd "$dir/node" && timeout 120 npm ci --ignore-scripts --no-audit --no-fund --fetch-retries=1 --fetch-timeout=20000) >"$dir/npm.log" 2>&1; then
        rm -f "$dir/node.skip"
    else
        rm -rf "$dir/node/node_modules"
        echo "npm ci could not install the packages: $(grep -m 1 -iE 'err' "$dir/npm.log" | cut -c1-160)" >"$dir/node.skip"
    fi
fi
exit 0
