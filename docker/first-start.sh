#!/bin/sh
# Makes topics and groups, the tables (a node does so when it starts), and the first API key, which is shown once. Safe
# to repeat.
set -eu
fanfare rocketmq setup
export FANFARE_ROLES=api FANFARE_HOST=127.0.0.1 FANFARE_PORT=7099 FANFARE_URL=http://127.0.0.1:7099
fanfare serve --log error &
server=$!
trap 'kill "$server" 2>/dev/null || true' EXIT
tries=0
until fanfare keys list >/dev/null 2>&1; do
  tries=$((tries + 1))
  [ "$tries" -lt 100 ] || { echo 'The server did not start within half a minute; its log is above.' >&2; exit 1; }
  sleep 0.3
done
if [ "$(fanfare keys list --json | node -e 'let text = ""; process.stdin.on("data", (part) => (text += part)).on("end", () => console.log(JSON.parse(text).items.length))')" = 0 ]; then
  fanfare keys create first --scopes read,write,launch,admin
fi
