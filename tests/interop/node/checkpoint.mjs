// Verifies checkpoint and inclusion proofs with npm @sigstore/verify and nothing of Tallystick: checkpoint.mjs BASE-URL VERIFIER-KEY
//
// What it does for an entry of Rekor it does for one of a ledger: toTrustMaterial (its public entry) takes the ledger's key, and
// verifyTLogTimestamp runs its verifyMerkleInclusion and verifyCheckpoint over header, inclusion proof and signed note. A whole
// Sigstore bundle (certificate, artifact, body of a Rekor kind) is something else, which a ledger does not make. Its
// checkpoints have the log's signature alone: a cosignature is over other bytes, and it refuses a note with one.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { VerificationError, toTrustMaterial } from "@sigstore/verify";
import { PublicKeyDetails } from "@sigstore/protobuf-specs";

const { verifyTLogTimestamp } = createRequire(import.meta.url)("@sigstore/verify/dist/timestamp");
const [base, vkey] = process.argv.slice(2);

async function get(path, kind = "json") {
  const reply = await fetch(base + path);
  assert.equal(reply.status, 200, path);
  return reply[kind]();
}

// name+<key ID, 8 hex>+base64(0x01 || key): its trust material wants the key as SubjectPublicKeyInfo, and the ID to find it by
const [, keyId, encoded] = /^[^+]+\+([0-9a-f]{8})\+(.+)$/.exec(vkey);
const raw = Buffer.from(encoded, "base64");
assert.equal(raw[0], 1);
const spki = Buffer.concat([Buffer.from("302a300506032b6570032100", "hex"), raw.subarray(1)]);

function trust(key) {
  const publicKey = { rawBytes: key, keyDetails: PublicKeyDetails.PKIX_ED25519 };
  const tlogs = [{ logId: { keyId: Buffer.from(keyId, "hex") }, publicKey }];
  return toTrustMaterial({ certificateAuthorities: [], timestampAuthorities: [], ctlogs: [], tlogs }).tlogs;
}

const note = await get("/checkpoint", "text");
const [, size, root] = note.split("\n");
const logs = trust(spki);

async function entry(seq) {
  const { header } = await get(`/v1/entries/${seq}`);
  const { proof } = await get(`/v1/proofs/inclusion?seq=${seq}&size=${size}`);
  return {
    logIndex: String(seq),
    logId: { keyId: Buffer.from(keyId, "hex") },
    integratedTime: String(Math.floor(Date.parse(JSON.parse(header).time) / 1000)),
    canonicalizedBody: Buffer.from(header), // the leaf is SHA-256(0x00 || header), as it is of Rekor's body
    inclusionProof: {
      logIndex: String(seq),
      treeSize: size,
      rootHash: Buffer.from(root, "base64"),
      hashes: proof.map((hash) => Buffer.from(hash, "base64")),
      checkpoint: { envelope: note },
    },
  };
}

function refuses(given, known, message) {
  assert.throws(
    () => verifyTLogTimestamp(given, known),
    (error) => error instanceof VerificationError && error.message === message,
  );
}

for (let seq = 0; seq < Number(size); seq++) {
  const right = await entry(seq);
  assert.equal(verifyTLogTimestamp(right, logs).type, "transparency-log");
  const inclusionProof = right.inclusionProof;
  const otherBody = Buffer.from(right.canonicalizedBody);
  otherBody[10] ^= 1;
  const wrong = "calculated root hash does not match inclusion proof";
  refuses({ ...right, canonicalizedBody: otherBody }, logs, wrong);
  const otherNote = note.replace(`\n${size}\n`, `\n${Number(size) + 1}\n`);
  refuses(
    { ...right, inclusionProof: { ...inclusionProof, checkpoint: { envelope: otherNote } } },
    logs,
    "invalid checkpoint signature",
  );
}
const otherKey = Buffer.concat([spki.subarray(0, 12), Buffer.alloc(32, 7)]);
refuses(await entry(0), trust(otherKey), "invalid checkpoint signature");
console.log(`${size} entries, root ${root}: checkpoint and inclusion hold`);
