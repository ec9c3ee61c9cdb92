// A receiver of the portal's webhooks, with Node 20 alone.
//
//     WEBHOOK_SECRET=whsec_… node webhooks.mjs 9000
//
// It verifies, answers at once, and does its work afterwards; what comes twice is done once.

import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";

const TOLERANCE_SECONDS = 300;

/** The message, or an Error: then answer 400 and do nothing. `headers` have their names in lower case. */
export function verify(headers, body, secret, now = Date.now() / 1000) {
  const key = headers["webhook-id"];
  const sentAt = headers["webhook-timestamp"] ?? "";
  if (!key || !/^\d+$/.test(sentAt)) throw new Error("not a webhook");
  if (Math.abs(now - Number(sentAt)) > TOLERANCE_SECONDS) throw new Error("too old, or your clock is wrong");
  const material = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
  const wanted = createHmac("sha256", material).update(`${key}.${sentAt}.`).update(body).digest();
  for (const each of (headers["webhook-signature"] ?? "").split(" ")) {
    const [version, given = ""] = each.split(",");
    const bytes = Buffer.from(given, "base64");
    if (version === "v1" && bytes.length === wanted.length && timingSafeEqual(bytes, wanted)) return JSON.parse(body);
  }
  throw new Error("the signature is not ours");
}

const seen = new Set(); // yours is a table with a unique key

async function receive(request, response) {
  const parts = [];
  for await (const part of request) parts.push(part);
  let message;
  try {
    message = verify(request.headers, Buffer.concat(parts), process.env.WEBHOOK_SECRET);
  } catch (fault) {
    response.writeHead(400).end(fault.message);
    return;
  }
  response.writeHead(200).end();
  if (seen.has(message.key)) return;
  seen.add(message.key);
  console.log(message.type, message.data.id ?? "", message.data.state ?? "");
}

createServer(receive).listen(Number(process.argv[2]), "127.0.0.1");
