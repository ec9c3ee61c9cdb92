// One signed call of the partner API: node portal.mjs POST /v1/enrollments enrollment.json
// Node 20 alone. CREDENTIALS names what create_partner printed, PORTAL the portal's address.

import { createHash, createHmac, createPrivateKey, randomUUID, sign } from "node:crypto";
import { readFileSync } from "node:fs";

const PORTAL = process.env.PORTAL ?? "http://127.0.0.1:8000";
const credentials = JSON.parse(readFileSync(process.env.CREDENTIALS ?? "credentials.json", "utf8"));

async function getToken() {
  const client = Buffer.from(`${credentials.clientId}:${credentials.clientSecret}`).toString("base64");
  const answer = await fetch(`${PORTAL}/oauth/token/`, {
    method: "POST",
    headers: { authorization: `Basic ${client}` },
    body: new URLSearchParams({ grant_type: "client_credentials" }),
  });
  if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
  return (await answer.json()).access_token;
}

function signature(base) {
  const { algorithm, privateKeyPem, secretBase64 } = credentials;
  if (algorithm === "hmac-sha256") {
    return createHmac("sha256", Buffer.from(secretBase64, "base64")).update(base).digest();
  }
  const key = createPrivateKey(privateKeyPem);
  if (algorithm === "ed25519") return sign(null, Buffer.from(base), key);
  return sign("sha256", Buffer.from(base), { key, dsaEncoding: "ieee-p1363" }); // r and s side by side, not DER
}

function signedHeaders(method, target, body, idempotencyKey) {
  const url = new URL(PORTAL + target);
  const digest = `sha-256=:${createHash("sha256").update(body).digest("base64")}:`;
  const covered = { "@method": method, "@authority": url.host, "@path": url.pathname, "content-digest": digest };
  if (url.search) covered["@query"] = url.search;
  if (method === "POST" || method === "PATCH") covered["idempotency-key"] = idempotencyKey;
  const names = Object.keys(covered).map((name) => `"${name}"`).join(" ");
  const parameters = `(${names});created=${Math.floor(Date.now() / 1000)};keyid="${credentials.keyId}"`;
  const lines = Object.entries(covered).map(([name, value]) => `"${name}": ${value}`);
  const base = [...lines, `"@signature-params": ${parameters}`].join("\n");
  return {
    "content-type": "application/json",
    "content-digest": digest,
    "idempotency-key": idempotencyKey,
    "signature-input": `sig1=${parameters}`,
    signature: `sig1=:${signature(base).toString("base64")}:`,
  };
}

export async function call(method, target, body = Buffer.alloc(0), idempotencyKey = randomUUID()) {
  const isSigned = method !== "GET";
  return fetch(PORTAL + target, {
    method,
    headers: {
      authorization: `Bearer ${await getToken()}`,
      ...(isSigned ? signedHeaders(method, target, body, idempotencyKey) : {}),
    },
    body: isSigned ? body : undefined,
  });
}

const [method, target, file] = process.argv.slice(2);
const answer = await call(method, target, file ? readFileSync(file) : undefined, process.env.IDEMPOTENCY_KEY);
console.log(await answer.text());
console.error(answer.status);
process.exitCode = answer.ok ? 0 : 1;
