#!/bin/sh
# One signed call of the partner API: sh portal.sh POST /v1/enrollments enrollment.json
# Needs curl and openssl 3. CREDENTIALS names what create_partner printed, PORTAL the portal's address.
set -eu
method=$1 target=$2 body=${3:-/dev/null}
portal=${PORTAL:-http://127.0.0.1:8000} credentials=${CREDENTIALS:-credentials.json}
umask 077
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

member() { sed -n "s/^ *\"$1\": \"\(.*\)\",\{0,1\}\$/\1/p" "$credentials"; }
base64_of() { openssl base64 -A; }

printf 'user = "%s:%s"\n' "$(member clientId)" "$(member clientSecret)" > "$work/client"
curl -sS --fail-with-body -K "$work/client" -d grant_type=client_credentials "$portal/oauth/token/" > "$work/token"
printf 'header = "Authorization: Bearer %s"\n' \
  "$(sed 's/.*"access_token": *"\([^"]*\)".*/\1/' "$work/token")" > "$work/headers"

if [ "$method" = GET ]; then
  curl -sS --fail-with-body -K "$work/headers" "$portal$target"
  exit
fi

path=${target%%\?*}
authority=$(printf %s "${portal#*://}" | tr 'A-Z' 'a-z')
key=${IDEMPOTENCY_KEY:-$(openssl rand -hex 16)}
digest="sha-256=:$(openssl dgst -sha256 -binary "$body" | base64_of):"

covered='"@method" "@authority" "@path" "content-digest"'
{
  printf '"@method": %s\n"@authority": %s\n"@path": %s\n' "$method" "$authority" "$path"
  printf '"content-digest": %s\n' "$digest"
} > "$work/base"
case $target in *\?*)
  covered="$covered \"@query\""
  printf '"@query": ?%s\n' "${target#*\?}" >> "$work/base" ;;
esac
case $method in POST | PATCH)
  covered="$covered \"idempotency-key\""
  printf '"idempotency-key": %s\n' "$key" >> "$work/base" ;;
esac
parameters="($covered);created=$(date +%s);keyid=\"$(member keyId)\""
printf '"@signature-params": %s' "$parameters" >> "$work/base"

printf %b "$(member privateKeyPem)" > "$work/key.pem"
case $(member algorithm) in
  ed25519)
    openssl pkeyutl -sign -rawin -inkey "$work/key.pem" -in "$work/base" > "$work/signature" ;;
  ecdsa-p256-sha256) # r and s side by side, as RFC 9421 wants them, out of openssl's DER
    openssl dgst -sha256 -sign "$work/key.pem" "$work/base" | openssl asn1parse -inform DER |
      sed -n 's/.*INTEGER *://p' | while read -r number; do printf '%064s' "$number" | tr ' ' 0 | fold -w 2; echo; done |
      while read -r byte; do printf "\\$(printf %03o "0x$byte")"; done > "$work/signature" ;;
  hmac-sha256)
    secret=$(member secretBase64 | openssl base64 -d -A | od -An -v -tx1 | tr -d ' \n')
    openssl dgst -sha256 -mac HMAC -macopt "hexkey:$secret" -binary "$work/base" > "$work/signature" ;;
esac

cat >> "$work/headers" <<END
header = "Content-Type: application/json"
header = "Content-Digest: $digest"
header = "Idempotency-Key: $key"
header = "Signature-Input: sig1=$(printf %s "$parameters" | sed 's/"/\\"/g')"
header = "Signature: sig1=:$(base64_of < "$work/signature"):"
END
curl -sS --fail-with-body -K "$work/headers" -X "$method" --data-binary "@$body" "$portal$target"
