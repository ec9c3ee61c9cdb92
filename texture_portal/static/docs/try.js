// The page /docs/try: one call of the partner API, signed in this browser by the key that was pasted.
// Nothing is stored, and nothing goes anywhere but to this portal.

const form = document.querySelector("#try");
const calls = JSON.parse(document.querySelector("#calls").textContent);
const base64 = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes)));
const fromBase64 = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
const bytes = (text) => new TextEncoder().encode(text);

const ALGORITHMS = {
  "ed25519": { name: "Ed25519" },
  "ecdsa-p256-sha256": { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" },
  "hmac-sha256": { name: "HMAC", hash: "SHA-256" },
};

async function signature(credentials, text) {
  const algorithm = ALGORITHMS[credentials.algorithm];
  const isShared = algorithm.name === "HMAC";
  const material = isShared
    ? fromBase64(credentials.secretBase64)
    : fromBase64(credentials.privateKeyPem.replace(/-----[^-]+-----|\s/g, ""));
  const key = await crypto.subtle.importKey(isShared ? "raw" : "pkcs8", material, algorithm, false, ["sign"]);
  return base64(await crypto.subtle.sign(algorithm, key, bytes(text)));
}

async function token(credentials) {
  const answer = await fetch("/oauth/token/", {
    method: "POST",
    headers: { authorization: `Basic ${btoa(`${credentials.clientId}:${credentials.clientSecret}`)}` },
    body: new URLSearchParams({ grant_type: "client_credentials" }),
  });
  if (!answer.ok) throw new Error(`No token: ${answer.status} ${await answer.text()}`);
  return (await answer.json()).access_token;
}

async function signedHeaders(credentials, method, url, body, idempotencyKey) {
  const digest = `sha-256=:${base64(await crypto.subtle.digest("SHA-256", bytes(body)))}:`;
  const covered = { "@method": method, "@authority": url.host, "@path": url.pathname, "content-digest": digest };
  if (url.search) covered["@query"] = url.search;
  covered["idempotency-key"] = idempotencyKey;
  const names = Object.keys(covered).map((name) => `"${name}"`).join(" ");
  const parameters = `(${names});created=${Math.floor(Date.now() / 1000)};keyid="${credentials.keyId}"`;
  const lines = Object.entries(covered).map(([name, value]) => `"${name}": ${value}`);
  const signed = await signature(credentials, [...lines, `"@signature-params": ${parameters}`].join("\n"));
  return {
    "Content-Type": "application/json",
    "Content-Digest": digest,
    "Idempotency-Key": idempotencyKey,
    "Signature-Input": `sig1=${parameters}`,
    "Signature": `sig1=:${signed}:`,
  };
}

function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

async function send() {
  const credentials = JSON.parse(form.credentials.value);
  const { method } = calls[form.call.value];
  const url = new URL(form.target.value, location.origin);
  const body = method === "GET" ? undefined : form.body.value;
  const signed = body === undefined ? {} : await signedHeaders(credentials, method, url, body, form.key.value);
  const headers = { Authorization: `Bearer ${await token(credentials)}`, ...signed };
  const answer = await fetch(url, { method, headers, body });
  const shown = { ...headers, Authorization: "Bearer …" };
  return {
    sent: [`${method} ${url.pathname}${url.search}`, ...Object.entries(shown).map((pair) => pair.join(": "))].join("\n"),
    answered: `${answer.status}\n${[...answer.headers].map((pair) => pair.join(": ")).join("\n")}\n\n${pretty(await answer.text())}`,
  };
}

function fill() {
  const call = calls[form.call.value];
  const today = new Date(Date.now() - 60_000).toISOString().replace(/\.\d+/, "");
  form.target.value = call.path;
  form.body.value = call.body ? JSON.stringify(call.body, null, 2).replace(/("grantedAt": ")[^"]+/g, `$1${today}`) : "";
  form.body.closest("label").hidden = form.key.closest("label").hidden = call.method === "GET";
  form.key.value = crypto.randomUUID();
}

async function submit(event) {
  event.preventDefault();
  const [sent, answered] = [document.querySelector("#sent"), document.querySelector("#answered")];
  answered.textContent = "…";
  try {
    const outcome = await send();
    [sent.textContent, answered.textContent] = [outcome.sent, outcome.answered];
  } catch (fault) {
    [sent.textContent, answered.textContent] = ["", `Not sent. ${fault.message || fault}`];
  }
  document.querySelector("#outcome").hidden = false;
}

form.call.addEventListener("change", fill);
form.addEventListener("submit", submit);
fill();
