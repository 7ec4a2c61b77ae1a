// Makes and verifies statements with npm jose and nothing of Tallystick: statements.mjs BASE-URL OPERATOR-PEM
//
// An actor with a key that jose made is registered by the operator, whose statement jose signs; the actor adds a key and defines
// indicators under both names of the algorithm. Then every statement that the service stored is verified against its actor's keys, also
// those that others made. What is altered must be refused on both sides.
import assert from "node:assert/strict";
import { randomBytes, sign } from "node:crypto";
import { readFileSync } from "node:fs";
import * as jose from "jose";

const [base, operatorPem] = process.argv.slice(2);

async function get(path) {
  const reply = await fetch(base + path);
  assert.equal(reply.status, 200, path);
  return reply.json();
}

const { origin } = await get("/v1/ledger");

async function head() {
  const { head } = await get("/v1/ledger");
  return `${head.seq}:${head.hash}`;
}

async function newKey() {
  const { publicKey, privateKey } = await jose.generateKeyPair("EdDSA", { crv: "Ed25519", extractable: true });
  const { kty, crv, x } = await jose.exportJWK(publicKey);
  return { private: privateKey, pem: await jose.exportPKCS8(privateKey), jwk: { crv, kty, x } };
}

// A detached JWS: the payload between the dots is left out, as it is the body of the request.
async function statement(key, path, body, { alg = "EdDSA", ...other } = {}) {
  const header = {
    typ: "tally-statement",
    alg,
    kid: await jose.calculateJwkThumbprint(key.jwk, "sha256"),
    aud: origin,
    htm: "POST",
    htu: path,
    cty: "application/json",
    iat: Math.floor(Date.now() / 1000),
    jti: jose.base64url.encode(randomBytes(18)),
    head: await head(),
    ...other,
  };
  const compact = await new jose.CompactSign(Buffer.from(body)).setProtectedHeader(header).sign(key.private);
  const [protectedHeader, , signature] = compact.split(".");
  return `${protectedHeader}..${signature}`;
}

async function post(path, jws, body) {
  const headers = { "content-type": "application/json", "x-jws-signature": jws };
  const reply = await fetch(base + path, { method: "POST", headers, body });
  return { status: reply.status, ...(await reply.json()) };
}

async function accepted(key, path, value, options) {
  const body = JSON.stringify(value);
  const reply = await post(path, await statement(key, path, body, options), body);
  assert.equal(reply.status, 201, JSON.stringify(reply));
  return reply;
}

async function refused(key, path, body, options, code, sent = body) {
  const reply = await post(path, await statement(key, path, body, options), sent);
  assert.equal(reply.code, code, JSON.stringify(reply));
}

// jose signs JWSs only; the proof that a key is held is a signature over a text
async function proof(key, actor) {
  const kid = await jose.calculateJwkThumbprint(key.jwk, "sha256");
  return jose.base64url.encode(sign(null, Buffer.from(`tally/key/v1\n${origin}\n${actor}\n${kid}\n`), key.pem));
}

function indicator(id) {
  return { id, version: 1, name: "made with jose", unit: "n", kind: "output", definition: "“n” as in ‘number’, ≥ 0" };
}

const operatorKey = await jose.importPKCS8(readFileSync(operatorPem, "utf8"), "EdDSA", { extractable: true });
const { kty, crv, x } = await jose.exportJWK(operatorKey);
const operator = { private: operatorKey, jwk: { crv, kty, x } };

// ---- made by jose, accepted by the service ----
const first = await newKey();
const second = await newKey();
await accepted(operator, "/v1/actors", {
  id: "made-with-jose",
  kind: "organisation",
  jwk: first.jwk,
  pop: await proof(first, "made-with-jose"),
  roles: ["backbone"],
});
await accepted(first, "/v1/actors/made-with-jose/keys", { jwk: second.jwk, pop: await proof(second, "made-with-jose") });
await accepted(first, "/v1/indicators", indicator("jose.first"), { alg: "EdDSA" });
await accepted(second, "/v1/indicators", indicator("jose.second"), { alg: "Ed25519" });

// ---- made by jose, and refused ----
const body = JSON.stringify(indicator("jose.third"));
await refused(first, "/v1/indicators", body, {}, "statement.signature", body.replace("third", "fifth"));
await refused(first, "/v1/indicators", body, { aud: "example.org/other" }, "statement.misdirected");
await refused(first, "/v1/indicators", body, { head: `0:${"0".repeat(64)}` }, "ledger.other");
await refused({ ...first, private: second.private }, "/v1/indicators", body, {}, "statement.signature");
await refused(await newKey(), "/v1/indicators", body, {}, "statement.key_unknown");

// ---- stored by the service, verified by jose ----
async function keysOf(actor) {
  if (actor === "operator") return { items: [{ kid: await jose.calculateJwkThumbprint(operator.jwk, "sha256"), jwk: operator.jwk }] };
  return get(`/v1/actors/${actor}/keys`);
}

let verified = 0;
const authors = new Set();
for (let after = -1, more = true; more; ) {
  const { items } = await get(`/v1/entries?limit=100${after < 0 ? "" : `&after=${after}`}`);
  more = items.length > 0;
  for (const entry of items) {
    after = entry.seq;
    if (entry.jws === "") continue;
    const [protectedHeader, payload, signature] = entry.jws.split(".");
    assert.equal(payload, "", "the payload is detached");
    const said = jose.decodeProtectedHeader(entry.jws);
    const key = (await keysOf(entry.actor)).items.find(({ kid }) => kid === said.kid);
    assert.ok(key, `entry ${entry.seq}: no key of ${entry.actor}`);
    assert.equal(await jose.calculateJwkThumbprint(key.jwk, "sha256"), said.kid);
    const known = await jose.importJWK(key.jwk, said.alg);
    const whole = { protected: protectedHeader, payload: jose.base64url.encode(entry.body), signature };
    const { protectedHeader: checked } = await jose.flattenedVerify(whole, known, { algorithms: ["EdDSA", "Ed25519"] });
    assert.equal(checked.aud, origin);
    assert.equal(checked.jti, JSON.parse(entry.header).jti);
    const altered = { ...whole, payload: jose.base64url.encode(`${entry.body} `) };
    await assert.rejects(jose.flattenedVerify(altered, known), jose.errors.JWSSignatureVerificationFailed);
    authors.add(entry.actor);
    verified++;
  }
}
console.log(`${verified} statements of ${authors.size} actors verified`);
