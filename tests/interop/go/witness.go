// A witness that has nothing of Tallystick, and a reader of cosignatures (C2SP tlog-witness, tlog-cosignature):
//
//	witness serve LOG-VERIFIER-KEY NAME       prints its verifier key and its address, and serves POST /add-checkpoint
//	witness open BASE-URL LEDGER-VERIFIER-KEY WITNESS-VERIFIER-KEY...
//	witness key LOG-NAME                      prints the verifier key of a log of its own, which `ask` is
//	witness ask LOG-NAME ADDRESS WITNESS-VERIFIER-KEY
//
// golang.org/x/mod/sumdb opens the checkpoint and checks the consistency proof; the cosignature is crypto/ed25519 over the bytes that the
// specification names. `open` says who has cosigned /checkpoint/cosigned, `ask` has a log that is none of Tallystick's cosigned by a witness
// of any make, with each answer that the protocol knows; both exit 1 at the first thing that does not hold.
package main

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const cosignature = 0x04 // the type of signature in a witness's verifier key

func must(what string, err error) {
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", what, err)
		os.Exit(1)
	}
}

func keyID(name string, key ed25519.PublicKey) uint32 {
	sum := sha256.Sum256(append([]byte(name+"\n"), append([]byte{cosignature}, key...)...))
	return binary.BigEndian.Uint32(sum[:])
}

func message(text string, seconds uint64) []byte {
	return []byte(fmt.Sprintf("cosignature/v1\ntime %d\n%s", seconds, text))
}

// A cosignature as the library knows signatures: it verifies the text, and keeps when.
type verifier struct {
	name string
	key  ed25519.PublicKey
	when *uint64
}

func (v verifier) Name() string    { return v.name }
func (v verifier) KeyHash() uint32 { return keyID(v.name, v.key) }
func (v verifier) Verify(text, sig []byte) bool {
	if len(sig) != 8+ed25519.SignatureSize {
		return false
	}
	*v.when = binary.BigEndian.Uint64(sig)
	return ed25519.Verify(v.key, message(string(text), *v.when), sig[8:])
}

func newVerifier(vkey string) verifier {
	parts := strings.SplitN(vkey, "+", 3)
	if len(parts) != 3 {
		must("the witness's verifier key", fmt.Errorf("it has %d parts", len(parts)))
	}
	key, err := base64.StdEncoding.DecodeString(parts[2])
	must("the witness's verifier key", err)
	if len(key) != 1+ed25519.PublicKeySize || key[0] != cosignature {
		must("the witness's verifier key", fmt.Errorf("it is of type %d", key[0]))
	}
	v := verifier{parts[0], key[1:], new(uint64)}
	if id := fmt.Sprintf("%08x", v.KeyHash()); id != parts[1] {
		must("the witness's verifier key", fmt.Errorf("its id is %s, not %s", id, parts[1]))
	}
	return v
}

// The three lines of a checkpoint of this log.
func parse(text, origin string) (tlog.Tree, error) {
	lines := strings.SplitN(text, "\n", 2)
	if len(lines) != 2 || lines[0] != origin {
		return tlog.Tree{}, fmt.Errorf("another origin")
	}
	return tlog.ParseTree([]byte("go.sum database tree\n" + lines[1]))
}

// ---- a witness of one log, with its memory in memory ----

type witness struct {
	sync.Mutex
	log  note.Verifier
	name string
	key  ed25519.PrivateKey
	seen tlog.Tree
}

func (w *witness) add(out http.ResponseWriter, in *http.Request) {
	body, err := io.ReadAll(io.LimitReader(in.Body, 1<<16))
	parts := strings.SplitN(string(body), "\n\n", 2)
	lines := strings.Split(parts[0], "\n")
	if err != nil || len(parts) != 2 || !strings.HasPrefix(lines[0], "old ") || len(lines) > 64 {
		http.Error(out, "no request", 400)
		return
	}
	old, err := strconv.ParseInt(strings.TrimPrefix(lines[0], "old "), 10, 64)
	proof := make(tlog.TreeProof, len(lines)-1)
	for i, line := range lines[1:] {
		hash, hashErr := base64.StdEncoding.DecodeString(line)
		if hashErr != nil || len(hash) != tlog.HashSize {
			err = fmt.Errorf("no hash")
			break
		}
		copy(proof[i][:], hash)
	}
	if err != nil {
		http.Error(out, "no request", 400)
		return
	}
	opened, err := note.Open([]byte(parts[1]), note.VerifierList(w.log))
	if err != nil {
		http.Error(out, err.Error(), 403)
		return
	}
	tree, err := parse(opened.Text, w.log.Name())
	if err != nil {
		http.Error(out, err.Error(), 404)
		return
	}
	w.Lock()
	defer w.Unlock()
	if old > tree.N {
		http.Error(out, "old is more than the checkpoint's size", 400)
		return
	}
	if old != w.seen.N || (old == tree.N && tree.Hash != w.seen.Hash) {
		out.Header().Set("Content-Type", "text/x.tlog.size")
		out.WriteHeader(409)
		fmt.Fprintf(out, "%d\n", w.seen.N)
		return
	}
	if old > 0 && old < tree.N {
		err = tlog.CheckTree(proof, tree.N, tree.Hash, old, w.seen.Hash)
	} else if len(proof) > 0 {
		err = fmt.Errorf("a proof of nothing")
	}
	if err != nil {
		http.Error(out, err.Error(), 422)
		return
	}
	w.seen = tree
	blob := make([]byte, 12)
	binary.BigEndian.PutUint32(blob, keyID(w.name, w.key.Public().(ed25519.PublicKey)))
	seconds := uint64(time.Now().Unix())
	binary.BigEndian.PutUint64(blob[4:], seconds)
	blob = append(blob, ed25519.Sign(w.key, message(opened.Text, seconds))...)
	fmt.Fprintf(out, "\u2014 %s %s\n", w.name, base64.StdEncoding.EncodeToString(blob))
}

func serve(logKey, name string) {
	log, err := note.NewVerifier(logKey)
	must("the log's verifier key", err)
	public, private, err := ed25519.GenerateKey(rand.Reader)
	must("a key", err)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must("listening", err)
	id := make([]byte, 4)
	binary.BigEndian.PutUint32(id, keyID(name, public))
	fmt.Printf("%s+%s+%s http://%s\n", name, hex.EncodeToString(id),
		base64.StdEncoding.EncodeToString(append([]byte{cosignature}, public...)), listener.Addr())
	w := &witness{log: log, name: name, key: private}
	http.HandleFunc("/add-checkpoint", w.add)
	must("serving", http.Serve(listener, nil))
}

// ---- a reader ----

func open(base, ledgerKey string, witnessKeys []string) {
	ledger, err := note.NewVerifier(ledgerKey)
	must("the ledger's verifier key", err)
	reply, err := http.Get(base + "/checkpoint/cosigned")
	must("the checkpoint", err)
	defer reply.Body.Close()
	text, err := io.ReadAll(reply.Body)
	must("the checkpoint", err)
	known := []note.Verifier{ledger}
	for _, key := range witnessKeys {
		known = append(known, newVerifier(key))
	}
	opened, err := note.Open(text, note.VerifierList(known...))
	must("the checkpoint", err)
	tree, err := parse(opened.Text, ledger.Name())
	must("the checkpoint", err)
	if len(opened.Sigs) != len(known) || len(opened.UnverifiedSigs) != 0 {
		must("the checkpoint", fmt.Errorf("%d of %d signatures, and %d of others", len(opened.Sigs), len(known), len(opened.UnverifiedSigs)))
	}
	for _, v := range known[1:] {
		if age := time.Now().Unix() - int64(*v.(verifier).when); age < -120 || age > 600 {
			must("the checkpoint", fmt.Errorf("%s saw it %d seconds ago", v.Name(), age))
		}
	}
	fmt.Printf("%d entries, cosigned by %d witnesses\n", tree.N, len(known)-1)
}

// ---- a log of its own, and what it asks a witness ----

type log struct {
	name   string
	key    ed25519.PrivateKey
	hashes []tlog.Hash // as tlog.StoredHashes lays them out
}

func (l *log) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		out[i] = l.hashes[index]
	}
	return out, nil
}

func newLog(name, history string) *log {
	seed := sha256.Sum256([]byte(name)) // nobody trusts it
	l := &log{name: name, key: ed25519.NewKeyFromSeed(seed[:])}
	for i := int64(0); i < 70; i++ {
		text := fmt.Sprintf("entry %d", i)
		if i >= 50 {
			text += history
		}
		stored, err := tlog.StoredHashes(i, []byte(text), l)
		must("the log", err)
		l.hashes = append(l.hashes, stored...)
	}
	return l
}

func (l *log) vkey() string {
	key, err := note.NewEd25519VerifierKey(l.name, l.key.Public().(ed25519.PublicKey))
	must("the log's key", err)
	return key
}

func (l *log) Name() string { return l.name }
func (l *log) KeyHash() uint32 {
	v, err := note.NewVerifier(l.vkey())
	must("the log's key", err)
	return v.KeyHash()
}
func (l *log) Sign(text []byte) ([]byte, error) { return ed25519.Sign(l.key, text), nil }

func (l *log) checkpoint(size int64) string {
	root, err := tlog.TreeHash(size, l)
	must("the log", err)
	tree := strings.SplitN(string(tlog.FormatTree(tlog.Tree{N: size, Hash: root})), "\n", 2)[1]
	text, err := note.Sign(&note.Note{Text: l.name + "\n" + tree}, l)
	must("the log", err)
	return string(text)
}

// The request, whose proof may be of another history; the answer's status and body.
func (l *log) post(url string, old, size int64, prover *log) (int, string, string) {
	lines := fmt.Sprintf("old %d\n", old)
	if old > 0 && old < size {
		proof, err := tlog.ProveTree(size, old, prover)
		must("the proof", err)
		for _, hash := range proof {
			lines += base64.StdEncoding.EncodeToString(hash[:]) + "\n"
		}
	}
	checkpoint := l.checkpoint(size)
	reply, err := http.Post(url+"/add-checkpoint", "text/plain", strings.NewReader(lines+"\n"+checkpoint))
	must("asking", err)
	defer reply.Body.Close()
	body, err := io.ReadAll(reply.Body)
	must("asking", err)
	if reply.StatusCode == 409 && reply.Header.Get("Content-Type") != "text/x.tlog.size" {
		must("asking", fmt.Errorf("the 409 is of type %s", reply.Header.Get("Content-Type")))
	}
	return reply.StatusCode, string(body), checkpoint
}

func ask(name, url, witnessKey string) {
	good, fork := newLog(name, ""), newLog(name, " of another history")
	stranger := newLog(name, "")
	stranger.key = ed25519.NewKeyFromSeed(make([]byte, 32))
	asked := []struct {
		by, prover *log
		old, size  int64
		status     int
		body       string // of a 409
	}{
		{good, good, 0, 3, 200, ""},
		{good, good, 0, 8, 409, "3\n"}, // how a client learns where the witness is
		{good, good, 3, 8, 200, ""},
		{good, good, 8, 8, 200, ""},
		{good, good, 8, 7, 400, ""},
		{good, good, 8, 60, 200, ""},
		{good, good, 8, 61, 409, "60\n"},
		{fork, fork, 60, 60, 409, "60\n"},
		{fork, fork, 60, 65, 422, ""},
		{fork, good, 60, 65, 422, ""},
		{good, fork, 60, 65, 422, ""},
		{stranger, stranger, 60, 65, 403, ""},
		{newLog("nobody.example/log", ""), good, 0, 3, 404, ""},
		{good, good, 60, 70, 200, ""},
	}
	ledger, err := note.NewVerifier(good.vkey())
	must("the log's key", err)
	cosigned := 0
	for i, a := range asked {
		status, body, checkpoint := a.by.post(url, a.old, a.size, a.prover)
		if status != a.status || (status == 409 && body != a.body) {
			must("asking", fmt.Errorf("question %d is answered %d %q, not %d %q", i, status, body, a.status, a.body))
		}
		if status != 200 {
			continue
		}
		witness := newVerifier(witnessKey)
		opened, err := note.Open([]byte(checkpoint+body), note.VerifierList(ledger, witness))
		must("the cosignature", err)
		if age := time.Now().Unix() - int64(*witness.when); len(opened.Sigs) != 2 || len(opened.UnverifiedSigs) != 0 || age < -120 || age > 600 {
			must("the cosignature", fmt.Errorf("%d signatures, %d seconds old", len(opened.Sigs), age))
		}
		cosigned++
	}
	fmt.Printf("%d questions, %d cosigned\n", len(asked), cosigned)
}

func main() {
	switch {
	case len(os.Args) == 3 && os.Args[1] == "key":
		fmt.Println(newLog(os.Args[2], "").vkey())
	case len(os.Args) == 5 && os.Args[1] == "ask":
		ask(os.Args[2], os.Args[3], os.Args[4])
	case len(os.Args) == 4 && os.Args[1] == "serve":
		serve(os.Args[2], os.Args[3])
	case len(os.Args) > 4 && os.Args[1] == "open":
		open(os.Args[2], os.Args[3], os.Args[4:])
	default:
		must("usage", fmt.Errorf("witness serve LOG-KEY NAME | open BASE-URL LEDGER-KEY WITNESS-KEY... | key LOG-NAME | ask LOG-NAME URL WITNESS-KEY"))
	}
}
