// Reads a ledger's tree with golang.org/x/mod/sumdb and nothing of Tallystick: tree BASE-URL VERIFIER-KEY
//
// note.Open verifies the checkpoint under the ledger's key; a tlog.TileHashReader reads and authenticates tiles; tlog.CheckRecord
// and tlog.CheckTree check the service's own inclusion and consistency proofs; each header gives the leaf in the tiles. It says
// how much of that it did, and exits 1 at the first thing that does not hold.
package main

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const tileHeight = 8

var base string

func must(what string, err error) {
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", what, err)
		os.Exit(1)
	}
}

func get(path string) []byte {
	reply, err := http.Get(base + path)
	must(path, err)
	defer reply.Body.Close()
	body, err := io.ReadAll(reply.Body)
	must(path, err)
	if reply.StatusCode != 200 {
		err = fmt.Errorf("status %d: %s", reply.StatusCode, body)
	}
	must(path, err)
	return body
}

// tlog.Tile.Path is "tile/<height>/<level>/<number>[.p/<width>]"; the C2SP paths have no height, as it is always 8.
func tilePath(t tlog.Tile) string {
	return "/tile/" + strings.TrimPrefix(t.Path(), fmt.Sprintf("tile/%d/", tileHeight))
}

type tileReader struct{ read, saved int }

func (r *tileReader) Height() int { return tileHeight }

func (r *tileReader) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	data := make([][]byte, len(tiles))
	for i, t := range tiles {
		data[i] = get(tilePath(t))
		if len(data[i]) != t.W*tlog.HashSize {
			return nil, fmt.Errorf("%s has %d bytes", tilePath(t), len(data[i]))
		}
		r.read++
	}
	return data, nil
}

// Called with what the tree's root has authenticated.
func (r *tileReader) SaveTiles(tiles []tlog.Tile, _ [][]byte) { r.saved += len(tiles) }

func checkpoint(vkey string) tlog.Tree {
	verifier, err := note.NewVerifier(vkey)
	must("the verifier key", err)
	message := get("/checkpoint")
	opened, err := note.Open(message, note.VerifierList(verifier))
	must("the checkpoint", err)
	if len(opened.Sigs) != 1 {
		must("the checkpoint", fmt.Errorf("%d signatures of the ledger", len(opened.Sigs)))
	}
	// one bit of the signed text altered: it must not open
	altered := bytes.Replace(message, []byte("\n"), []byte("\n1"), 1)
	if _, err := note.Open(altered, note.VerifierList(verifier)); err == nil {
		must("the checkpoint", fmt.Errorf("another size opens under the same signature"))
	}
	// what a tree's note of the Go checksum database says under another first line
	lines := strings.SplitN(opened.Text, "\n", 2)
	if lines[0] != verifier.Name() {
		must("the checkpoint", fmt.Errorf("its origin is %q", lines[0]))
	}
	tree, err := tlog.ParseTree([]byte("go.sum database tree\n" + lines[1]))
	must("the checkpoint", err)
	return tree
}

func proof(path string) []tlog.Hash {
	var answer struct{ Proof []string }
	must(path, json.Unmarshal(get(path), &answer))
	hashes := make([]tlog.Hash, len(answer.Proof))
	for i, text := range answer.Proof {
		bytes, err := base64.StdEncoding.DecodeString(text)
		must(path, err)
		if len(bytes) != tlog.HashSize {
			must(path, fmt.Errorf("a hash of %d bytes", len(bytes)))
		}
		copy(hashes[i][:], bytes)
	}
	return hashes
}

// The headers in the bundles: what the leaves are hashes of.
func headers(size int64) [][]byte {
	var all [][]byte
	for n := int64(0); n*256 < size; n++ {
		width := size - n*256
		if width > 256 {
			width = 256
		}
		path := tilePath(tlog.Tile{H: tileHeight, L: 0, N: n, W: int(width)})
		data := get(strings.Replace(path, "/tile/0/", "/tile/entries/", 1))
		for len(data) > 0 {
			if len(data) < 2 || len(data) < 2+int(binary.BigEndian.Uint16(data)) {
				must("the bundle of "+path, io.ErrUnexpectedEOF)
			}
			end := 2 + int(binary.BigEndian.Uint16(data))
			all = append(all, data[2:end])
			data = data[end:]
		}
	}
	if int64(len(all)) != size {
		must("the bundles", fmt.Errorf("%d headers in a tree of %d", len(all), size))
	}
	return all
}

func main() {
	if len(os.Args) != 3 {
		must("usage", fmt.Errorf("tree BASE-URL VERIFIER-KEY"))
	}
	base = os.Args[1]
	tree := checkpoint(os.Args[2])
	tiles := &tileReader{}
	reader := tlog.TileHashReader(tree, tiles)

	root, err := tlog.TreeHash(tree.N, reader)
	must("the tiles", err)
	if root != tree.Hash {
		must("the tiles", fmt.Errorf("their root is %v, the checkpoint's %v", root, tree.Hash))
	}
	entries := headers(tree.N)
	for i := int64(0); i < tree.N; i++ {
		leaf := tlog.RecordHash(entries[i])
		hashes, err := reader.ReadHashes([]int64{tlog.StoredHashIndex(0, i)})
		must(fmt.Sprintf("leaf %d", i), err)
		if hashes[0] != leaf {
			must(fmt.Sprintf("leaf %d", i), fmt.Errorf("no hash of its header"))
		}
		path := fmt.Sprintf("/v1/proofs/inclusion?seq=%d&size=%d", i, tree.N)
		included := proof(path)
		must(path, tlog.CheckRecord(included, tree.N, tree.Hash, i, leaf))
		if i > 0 && tlog.CheckRecord(included, tree.N, tree.Hash, i-1, leaf) == nil {
			must(path, fmt.Errorf("it proves another place too"))
		}
		// a client's own proof from the tiles is the service's
		own, err := tlog.ProveRecord(tree.N, i, reader)
		must(path, err)
		if fmt.Sprint([]tlog.Hash(own)) != fmt.Sprint(included) {
			must(path, fmt.Errorf("another proof than the tiles give"))
		}
		older, err := tlog.TreeHash(i+1, reader)
		must(path, err)
		path = fmt.Sprintf("/v1/proofs/consistency?from=%d&to=%d", i+1, tree.N)
		grown := proof(path)
		must(path, tlog.CheckTree(grown, tree.N, tree.Hash, i+1, older))
		if i+1 < tree.N && tlog.CheckTree(grown, tree.N, tree.Hash, i+1, leaf) == nil && leaf != older {
			must(path, fmt.Errorf("it proves another root too"))
		}
	}
	if tiles.saved == 0 {
		must("the tiles", fmt.Errorf("none was authenticated"))
	}
	fmt.Printf("%d entries, root %v: checkpoint, tiles, inclusion and consistency hold\n", tree.N, tree.Hash)
}
