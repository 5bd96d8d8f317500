# A promotion that is announced as it is created, with nothing but curl. Run in an empty folder, with `fanfare` on the
# PATH, EXAMPLES_DIR (this folder) and FREE_PORT (a port nobody uses) set; `node scripts/run-examples.mjs` does that.
API=http://127.0.0.1:$FREE_PORT

# The server makes its data folder, and prints its address once it can be used.
fanfare serve --data shop --port "$FREE_PORT" > address.txt 2> server.log &
until grep -q "$API" address.txt; do sleep 0.1; done

# Who there is. The same file again would change nothing.
curl -fsS "$API/v1/members/imports" -H 'content-type: text/csv' --data-binary @"$EXAMPLES_DIR/members.csv"

# Create a promotion and, in the same transaction, a campaign that tells everybody of it by inbox.
cat > promotion.json <<'JSON'
{
  "name": "双11 全场满减",
  "rule": { "kind": "fullReduction", "tiers": [{ "thresholdMinor": "30000", "reductionMinor": "4000" }] },
  "currency": "CNY",
  "startsAt": "2099-11-11T00:00:00+08:00",
  "endsAt": "2099-11-12T00:00:00+08:00",
  "announce": {
    "audience": { "kind": "everybody" },
    "channels": [
      {
        "channel": "inbox",
        "message": { "title": "{{promotion.name}}", "body": "{{member.name|您好}}，{{promotion.offer}}，{{promotion.startsAt}} 开始。" }
      }
    ]
  }
}
JSON
create() {
  curl -fsS "$API/v1/promotions" -H 'content-type: application/json' -H 'idempotency-key: double-eleven' --data @promotion.json
}
create

# Sent twice by a nervous client, it still is one promotion and one campaign.
create > /dev/null
test "$(curl -fsS "$API/v1/promotions" | grep -o '"name":"双11 全场满减"' | wc -l)" = 1

# The campaign's progress is a stream of events that ends with the campaign.
curl -fsSN "$API/v1/campaigns/1/progress" > progress.txt
tail -n 3 progress.txt

# What one member got, rendered as she reads it.
curl -fsS "$API/v1/members/1001/inbox" | tee inbox.json
grep -q '李伟，满¥300减¥40' inbox.json
