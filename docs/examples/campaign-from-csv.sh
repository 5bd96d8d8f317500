# From a file of members to a campaign that was sent: import, count a filter, dry run, launch, watch, look up. With the
# command line alone.
export FANFARE_URL=http://127.0.0.1:$FREE_PORT

# A vendor inside the process, for practice; docs/PROVIDERS.md has real ones.
cat > shop.json <<'JSON'
{
  "channels": {
    "sms": {
      "price": { "perMemberMinor": 4.5, "currency": "CNY" },
      "provider": { "kind": "simulated", "keyLifeMs": 86400000, "latencyMs": 20 }
    }
  }
}
JSON
fanfare config check --data shop --config shop.json
fanfare serve --data shop --config shop.json --port "$FREE_PORT" > address.txt 2> server.log &
until grep -q "$FANFARE_URL" address.txt; do sleep 0.1; done

fanfare members import "$EXAMPLES_DIR/members.csv"
fanfare members count --where "level >= 2 and tag = 'early'"

# The offer, and a campaign about it to those members.
ENDS=$(node -p 'new Date(Date.now() + 30 * 86400000).toISOString()')
fanfare promotion create --name "Summer sale" --full-reduction 300:40 --ends "$ENDS"
fanfare campaign create --promotion 1 --channel sms,inbox --where "level >= 2 and tag = 'early'"

# A dry run says who would be told, who not and why, and what it costs. The launch repeats its number.
fanfare campaign dry-run 1
fanfare campaign launch 1 --confirm=3 --watch

# The books, the list of members, one member's record, and the proof that nothing differs.
fanfare campaign show 1
fanfare campaign export 1 --channel sms > told.csv
cat told.csv
fanfare record 1001
fanfare audit
