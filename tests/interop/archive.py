#!/usr/bin/env python3
"""Chain and root of an archive, without anything of Tallystick: archive.py ledger.jsonl"""
import base64, hashlib, json, sys

def sha(*parts):
    return hashlib.sha256(b"".join(parts)).digest()

def mth(leaves):  # RFC 6962, layer by layer: what has no right neighbour goes up as it is
    while len(leaves) > 1:
        pairs = [sha(b"\1", leaves[i], leaves[i + 1]) for i in range(0, len(leaves) - 1, 2)]
        leaves = pairs + leaves[len(leaves) - len(leaves) % 2:]
    return leaves[0]

leaves, notes, time = [], [], ""
with open(sys.argv[1], encoding="utf-8") as archive:
    head = json.loads(next(archive))
    assert head["tally_archive"] == 1 and head["from"] == 0, "an archive from entry 0 on"
    for line in map(json.loads, archive):
        if "checkpoint" in line:
            notes.append(line["checkpoint"])
            continue
        header, seq = json.loads(line["header"]), len(leaves)
        assert not notes and header["seq"] == seq, f"entry {seq}: another number"
        assert header["prev"] == (leaves[-1].hex() if leaves else "0" * 64), f"entry {seq}: prev"
        assert header["ledger"] == head["origin"] and header["time"] >= time, f"entry {seq}: ledger or time"
        if "body" in line:
            jws, body, nonce = line["jws"].encode(), line["body"].encode(), base64.b64decode(line["nonce"])
            commitment = sha(b"tally/body/v1\n", nonce, len(jws).to_bytes(4, "big"), jws, body)
            assert header["body"] == commitment.hex(), f"entry {seq}: body"
        leaves.append(sha(b"\0", line["header"].encode()))
        time = header["time"]
assert len(leaves) == head["size"] and notes, "entries or the checkpoint are missing at the end"
for note in notes:
    origin, size, root = note.split("\n")[:3]
    assert origin == head["origin"] and 0 < int(size) <= len(leaves), f"checkpoint {size}: of other entries"
    assert base64.b64decode(root) == mth(leaves[:int(size)]), f"checkpoint {size}: another root"
print(f"{len(leaves)} entries, root {mth(leaves).hex()}")
