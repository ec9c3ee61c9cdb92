#!/bin/sh
# Whether a message that you were sent is the portal's: its body on standard input, what its three headers said as words.
#
#     WEBHOOK_SECRET=whsec_… sh webhooks.sh WEBHOOK-ID WEBHOOK-TIMESTAMP WEBHOOK-SIGNATURE < body.json
#
# Needs openssl. It prints the body and ends with status 0, or says what is wrong and ends with status 1. To look into
# what arrived; a receiver that runs all the time is better written in another language.
set -eu
key=$1 sent_at=$2 signatures=$3
umask 077
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat > "$work/body"

refuse() { echo "$1" >&2; exit 1; }

case $sent_at in '' | *[!0-9]*) refuse "not a webhook" ;; esac
age=$(($(date +%s) - sent_at))
[ "${age#-}" -le 300 ] || refuse "too old, or your clock is wrong"

secret=$(printf %s "${WEBHOOK_SECRET#whsec_}" | openssl base64 -d -A | od -An -v -tx1 | tr -d ' \n')
{ printf '%s.%s.' "$key" "$sent_at"; cat "$work/body"; } > "$work/signed"
wanted="v1,$(openssl dgst -sha256 -mac HMAC -macopt "hexkey:$secret" -binary "$work/signed" | openssl base64 -A)"
for each in $signatures; do
  [ "$each" != "$wanted" ] || { cat "$work/body"; exit 0; }
done
refuse "the signature is not ours"
